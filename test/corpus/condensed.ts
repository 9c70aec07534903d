import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const EVENTS = {
  schema:
    'CREATE TABLE ev (id INTEGER PRIMARY KEY, day TEXT, kind TEXT); CREATE TABLE x (id INTEGER PRIMARY KEY, ev INTEGER);',
  rows: `INSERT INTO ev (day, kind) VALUES ('1', 'a'), ('1', 'a'), ('1', 'b'), ('2', 'a'); INSERT INTO x VALUES (1, 1), (2, 1);`,
}
const condensed = (scenario: Case): Scenario => ({
  ...EVENTS,
  verdict: 'block',
  codes: ['DL102'],
  silent: ['BC101', 'MF101', 'DL103'],
  says: ['4 rows of ev are lost with the table, which is dropped; daily has one row for several of them'],
  ...scenario,
})
const renamed = (scenario: Case): Scenario => ({
  ...EVENTS,
  verdict: 'acknowledge',
  codes: ['BC101'],
  silent: ['DL102', 'DL103', 'DS102'],
  ...scenario,
})
const daily = (copy: string): string =>
  `CREATE TABLE daily (day TEXT, kind TEXT, n INTEGER, PRIMARY KEY (day, kind)); ${copy}; DROP TABLE ev;`
const evt = (columns: string, copy: string): string =>
  `CREATE TABLE evt (id INTEGER PRIMARY KEY, ${columns}); ${copy}; DROP TABLE ev;`

/** A table made of several rows at a time is not the table under another name. */
export const CONDENSED: Scenario[] = [
  condensed({
    name: 'GROUP BY',
    migration: daily('INSERT INTO daily SELECT day, kind, count(*) FROM ev GROUP BY day, kind'),
  }),
  condensed({
    name: 'GROUP BY in a subquery',
    migration: daily(
      'INSERT INTO daily SELECT * FROM (SELECT day, kind, count(*) FROM ev GROUP BY day, kind)',
    ),
  }),
  condensed({
    name: 'GROUP BY around a subquery',
    migration: daily(
      'INSERT INTO daily SELECT day, kind, count(*) FROM (SELECT * FROM ev) GROUP BY day, kind',
    ),
  }),
  condensed({
    name: 'GROUP BY in a WITH',
    migration: daily(
      'WITH d AS (SELECT day, kind, count(*) AS n FROM ev GROUP BY 1, 2) INSERT INTO daily SELECT * FROM d',
    ),
  }),
  condensed({
    name: 'an upsert that counts',
    migration: daily(
      'INSERT INTO daily SELECT day, kind, 1 FROM ev WHERE true ON CONFLICT DO UPDATE SET n = n + 1',
    ),
  }),
  condensed({
    name: 'CREATE TABLE AS with DISTINCT of some columns',
    migration: 'CREATE TABLE daily AS SELECT DISTINCT day, kind FROM ev; DROP TABLE ev;',
  }),
  condensed({
    name: 'groups under numbers of their own',
    migration:
      'CREATE TABLE daily (id INTEGER PRIMARY KEY, day TEXT, kind TEXT); INSERT INTO daily (day, kind) SELECT day, kind FROM ev GROUP BY day, kind; DROP TABLE ev;',
  }),
]

/** One row for one, or some of the rows as they are. */
export const ROW_BY_ROW: Scenario[] = [
  renamed({
    name: 'GROUP BY the key of a join',
    migration: evt(
      'day TEXT, kind TEXT, n INTEGER',
      'INSERT INTO evt SELECT e.id, e.day, e.kind, count(x.id) FROM ev e LEFT JOIN x ON x.ev = e.id GROUP BY e.id',
    ),
  }),
  renamed({
    name: 'a subquery counts beside each row',
    migration: evt(
      'day TEXT, kind TEXT, n INTEGER',
      'INSERT INTO evt (day, kind, n) SELECT day, kind, (SELECT count(*) FROM x WHERE x.ev = ev.id) FROM ev',
    ),
  }),
  renamed({
    name: 'a window counts beside each row',
    migration: evt(
      'day TEXT, kind TEXT, n INTEGER',
      'INSERT INTO evt (day, kind, n) SELECT day, kind, count(*) OVER (PARTITION BY day) FROM ev',
    ),
  }),
  renamed({
    name: 'max() of two values',
    migration: evt('day TEXT, kind TEXT', "INSERT INTO evt SELECT id, max(day, '1'), kind FROM ev"),
  }),
  renamed({
    name: 'another table is grouped and joined',
    migration: evt(
      'day TEXT, kind TEXT, n INTEGER',
      'INSERT INTO evt SELECT e.id, e.day, e.kind, c.n FROM ev e LEFT JOIN (SELECT ev, count(*) AS n FROM x GROUP BY ev) c ON c.ev = e.id',
    ),
  }),
  renamed({
    name: 'DISTINCT of all columns without a key',
    schema: 'CREATE TABLE log (at TEXT, line TEXT);',
    rows: `INSERT INTO log VALUES ('1', 'a'), ('2', 'b');`,
    migration:
      'CREATE TABLE events (at TEXT, line TEXT); INSERT INTO events SELECT DISTINCT at, line FROM log; DROP TABLE log;',
  }),
  renamed({
    name: 'the last row of each day stays, by max() of its key',
    migration: evt('day TEXT, kind TEXT', 'INSERT INTO evt SELECT max(id), day, kind FROM ev GROUP BY day'),
    verdict: 'block',
    codes: ['BC101', 'DL102'],
    silent: ['DS102'],
    says: ['2 rows of ev are lost; 2 of 4 remain'],
  }),
]

const SETTINGS = {
  schema: 'CREATE TABLE setting (u INTEGER, k TEXT, v TEXT, PRIMARY KEY (u, k));',
  rows: `INSERT INTO setting VALUES (1, 'color', 'x'), (1, 'size', 'y'), (2, 'color', 'z');`,
}
const turned = (scenario: Case): Scenario => ({
  ...SETTINGS,
  verdict: 'acknowledge',
  codes: ['DS102'],
  silent: ['DL102'],
  says: ['Table setting is dropped with 3 rows; they are all in prefs'],
  ...scenario,
})
const columned = (color: string, size: string, columns = 'color TEXT, size TEXT', from = 'u'): string =>
  `CREATE TABLE prefs (u INTEGER PRIMARY KEY, ${columns}); INSERT INTO prefs SELECT ${from}, ${color}, ${size} FROM setting GROUP BY u; DROP TABLE setting;`
const largest = (name: string): string => `max(CASE WHEN k = '${name}' THEN v END)`

/** A row for each name becomes a column for each name. */
export const TURNED: Scenario[] = [
  turned({ name: 'by max(CASE)', migration: columned(largest('color'), largest('size')) }),
  turned({
    name: 'by FILTER',
    migration: columned(`max(v) FILTER (WHERE k = 'color')`, `max(v) FILTER (WHERE k = 'size')`),
  }),
  turned({
    name: 'under a number of their own',
    schema: 'CREATE TABLE setting (id INTEGER PRIMARY KEY, u INTEGER, k TEXT, v TEXT, UNIQUE (u, k));',
    rows: SETTINGS.rows.replace('setting', 'setting (u, k, v)'),
    migration: columned(largest('color'), largest('size')),
  }),
  turned({
    name: 'a name has no column',
    rows: `${SETTINGS.rows} INSERT INTO setting VALUES (2, 'font', 'q');`,
    migration: columned(largest('color'), largest('size')),
    verdict: 'block',
    codes: ['DL102'],
    silent: [],
    says: ['1 row of setting is lost', `(2, 'font', 'q')`],
  }),
  turned({
    name: 'to the rows of others',
    migration: columned(largest('color'), largest('size'), undefined, '3 - u'),
    verdict: 'block',
    codes: ['DL102'],
    silent: [],
    says: ['3 rows of setting are lost'],
  }),
  turned({
    name: 'columns that do not say which name they stand for',
    migration: columned(largest('color'), largest('size'), 'c1 TEXT, c2 TEXT'),
    verdict: 'block',
    codes: ['DL102'],
    silent: [],
    says: ['3 rows of setting are lost'],
  }),
]
