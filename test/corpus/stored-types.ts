import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const told = (scenario: Case & Pick<Scenario, 'schema' | 'rows'>): Scenario => ({
  verdict: 'acknowledge',
  codes: ['CH101'],
  silent: ['DL102', 'DL103'],
  ...scenario,
})
const same = (scenario: Case & Pick<Scenario, 'schema' | 'rows'>): Scenario => ({
  verdict: 'ok',
  codes: [],
  silent: ['CH101', 'DL102', 'DL103'],
  ...scenario,
})

/** A rebuild by which `v` is declared as `is`, no longer as `was`. */
const declared = (
  was: string,
  is: string,
  values: string,
  options = '',
): Pick<Scenario, 'schema' | 'rows' | 'migration'> => ({
  schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, v ${was})${options};`,
  rows: `INSERT INTO t VALUES ${values};`,
  migration: `CREATE TABLE t_new (id INTEGER PRIMARY KEY, v ${is})${options}; INSERT INTO t_new SELECT id, v FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
})

/** Values that SQLite takes for equal and that comparisons, ORDER BY, division and JSON tell apart. */
export const STORED_OTHERWISE: Scenario[] = [
  told({ name: 'integers become texts', ...declared('INTEGER', 'TEXT', '(1, 9), (2, 10), (3, NULL)') }),
  told({ name: 'integers become reals', ...declared('INTEGER', 'REAL', '(1, 9), (2, 10)') }),
  told({ name: 'whole reals become integers', ...declared('REAL', 'INTEGER', '(1, 9), (2, 10.5)') }),
  told({ name: 'digits become numbers', ...declared('TEXT', 'INTEGER', `(1, '9'), (2, 'x')`) }),
  told({ name: 'decimals become texts', ...declared('DECIMAL(10,2)', 'VARCHAR(20)', '(1, 9.5), (2, 10)') }),
  told({
    name: 'ANY of a STRICT table becomes TEXT',
    ...declared('ANY', 'TEXT', `(1, 9), (2, '10')`, ' STRICT'),
  }),
  told({
    name: 'a key becomes text',
    schema: 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);',
    rows: `INSERT INTO t VALUES (2, 'a'), (10, 'b');`,
    migration: `CREATE TABLE t_new (id TEXT PRIMARY KEY, v TEXT); INSERT INTO t_new SELECT id, v FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
  }),
  told({
    name: 'integers of a table without a key become reals',
    schema: 'CREATE TABLE t (v INTEGER, w TEXT);',
    rows: `INSERT INTO t VALUES (2, 'a'), (10, 'b');`,
    migration: `CREATE TABLE t_new (v REAL, w TEXT); INSERT INTO t_new SELECT v, w FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
  }),
  told({
    name: 'integers of a table without a key become texts',
    schema: 'CREATE TABLE t (v INTEGER, w TEXT);',
    rows: `INSERT INTO t VALUES (2, 'a'), (10, 'b');`,
    migration: `CREATE TABLE t_new (v TEXT, w TEXT); INSERT INTO t_new SELECT v, w FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t;`,
  }),
  told({
    name: 'an UPDATE makes reals of the integers of a column without a type',
    schema: 'CREATE TABLE t (id INTEGER PRIMARY KEY, v);',
    rows: 'INSERT INTO t VALUES (1, 9), (2, 10);',
    migration: 'UPDATE t SET v = v * 1.0;',
  }),
]

/** Another word for the type, and every value is stored as it was. */
export const STORED_ALIKE: Scenario[] = [
  same({ name: 'INTEGER becomes NUMERIC', ...declared('INTEGER', 'NUMERIC', '(1, 9), (2, 10)') }),
  same({ name: 'BOOLEAN becomes INTEGER', ...declared('BOOLEAN', 'INTEGER', '(1, 0), (2, 1)') }),
  same({ name: 'VARCHAR becomes TEXT', ...declared('VARCHAR(20)', 'TEXT', `(1, '007'), (2, '8')`) }),
  same({
    name: 'DATETIME with texts becomes TEXT',
    ...declared('DATETIME', 'TEXT', `(1, '2024-01-01'), (2, NULL)`),
  }),
  same({ name: 'reals with halves become INTEGER', ...declared('REAL', 'INTEGER', '(1, 9.5), (2, 10.5)') }),
  same({
    name: 'INTEGER becomes a column without a type',
    ...declared('INTEGER', 'BLOB', '(1, 9), (2, 10)'),
  }),
  same({
    name: 'INT of a STRICT table becomes ANY',
    ...declared('INT', 'ANY', '(1, 9), (2, 10)', ' STRICT'),
  }),
  same({ name: 'another type for NULLs', ...declared('INTEGER', 'TEXT', '(1, NULL), (2, NULL)') }),
]
