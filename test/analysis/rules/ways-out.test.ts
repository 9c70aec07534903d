import { describe, expect, test } from 'vitest'
import { withFix } from '../../../src/text/fix.js'
import { COSTLY } from '../../corpus/cost.js'
import type { Scenario } from '../../corpus/scenario.js'
import { SEARCH_LOST } from '../../corpus/search.js'
import { judgeScenario } from '../scenario-run.js'

async function findingOf(scenario: Scenario, code: string) {
  const findings = await judgeScenario(scenario)
  return findings.find((finding) => finding.code === code)
}

function textOf({ migration }: Scenario): string {
  return typeof migration === 'string' ? migration : Object.values(migration).join('\n')
}

const FOO = { rows: `INSERT INTO foo (d) VALUES ('x');`, verdict: 'block' as const, codes: ['RH101'] }
const TABLE = 'CREATE TABLE foo (id INTEGER PRIMARY KEY, d TEXT, e TEXT); CREATE TABLE log (n INTEGER);'
const REBUILD = `CREATE TABLE foo_new (id INTEGER PRIMARY KEY, d TEXT NOT NULL, e TEXT);
INSERT INTO foo_new SELECT * FROM foo;
DROP TABLE foo;
ALTER TABLE foo_new RENAME TO foo;`

const VIEW = `${TABLE} CREATE VIEW "foo v" AS SELECT id FROM foo;`

/** A rebuild that a view or a trigger refuses. */
const IN_THE_WAY: Scenario[] = [
  { ...FOO, name: 'a view', schema: `${TABLE} CREATE VIEW foo_v AS SELECT id FROM foo;`, migration: REBUILD },
  {
    ...FOO,
    name: 'a view over a view',
    schema: `${TABLE} CREATE VIEW foo_v AS SELECT id, d FROM "foo" f; CREATE VIEW foo_w AS SELECT d FROM foo_v;`,
    migration: REBUILD,
  },
  {
    ...FOO,
    name: 'two views and a trigger on one',
    schema: `${TABLE} CREATE VIEW foo_v AS SELECT id FROM foo; CREATE VIEW foo_w AS SELECT d FROM foo; CREATE TRIGGER foo_t INSTEAD OF INSERT ON foo_v BEGIN INSERT INTO foo (id) VALUES (new.id); END;`,
    migration: REBUILD,
  },
  {
    ...FOO,
    name: 'a trigger of another table',
    schema: `${TABLE} CREATE TRIGGER log_t AFTER INSERT ON log BEGIN UPDATE foo SET d = 'y' WHERE id = new.n; END;`,
    migration: REBUILD,
  },
  {
    ...FOO,
    name: 'a view with a space in its name, no last semicolon',
    schema: VIEW,
    migration: REBUILD.slice(0, -1),
  },
  {
    ...FOO,
    name: 'a comment in the place of the semicolon',
    schema: VIEW,
    migration: `${REBUILD.slice(0, -1)} -- done`,
  },
  {
    ...FOO,
    name: 'other statements behind',
    schema: VIEW,
    migration: `${REBUILD}\nCREATE INDEX d ON foo (d);`,
  },
  {
    ...FOO,
    name: 'the drop shares its line',
    schema: VIEW,
    migration: REBUILD.replace('foo;\nDROP', 'foo;\nINSERT INTO log\nVALUES (1); DROP'),
  },
]

describe('what stands in the way of a rebuild is named', () => {
  test.each(IN_THE_WAY)('$name: dropped before and made again after, the rebuild runs', async (scenario) => {
    const finding = await findingOf(scenario, 'RH101')
    expect(finding?.message).toMatch(/foo, which line [34] drops/)
    if (finding?.fix === undefined) throw new Error('no fix')
    const migration = withFix(textOf(scenario), finding.fix)
    const findings = await judgeScenario({ ...scenario, migration })
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  })

  test('a view that reads a dropped column is named with what it was', async () => {
    const schema = `${TABLE} CREATE VIEW foo_v AS SELECT id, e FROM foo;`
    const finding = await findingOf(
      { ...FOO, name: '', schema, migration: 'ALTER TABLE foo DROP COLUMN e;' },
      'RH101',
    )
    expect(finding?.fix?.sql).toContain('DROP VIEW "foo_v";')
    expect(finding?.fix?.sql).toContain('-- CREATE VIEW foo_v AS SELECT id, e FROM foo;')
  })

  test('an index of a dropped column is named', async () => {
    const schema = `${TABLE} CREATE INDEX foo_e ON foo (d, e);`
    const finding = await findingOf(
      { ...FOO, name: '', schema, migration: 'ALTER TABLE foo DROP COLUMN e;' },
      'RH101',
    )
    expect(finding?.fix?.sql).toContain('DROP INDEX "foo_e";')
  })

  test('another refusal is told as SQLite says it', async () => {
    const schema = `${TABLE} CREATE VIEW foo_v AS SELECT id FROM foo;`
    const finding = await findingOf(
      { ...FOO, name: '', schema, migration: 'ALTER TABLE foo ADD COLUMN d TEXT;' },
      'RH101',
    )
    expect(finding?.message).toBe('duplicate column name: d')
  })
})

/** What SQLite keeps of the statement that made an object: what was said behind its last word too. */
const SAID_BEHIND: (Scenario & { code: string })[] = [
  {
    code: 'TR101',
    name: 'a view',
    schema: 'CREATE VIEW gone AS SELECT id FROM foo -- who\n;',
    migration: 'DROP VIEW gone;',
  },
  {
    code: 'TR101',
    name: 'a view, in two lines',
    schema: 'CREATE VIEW gone AS SELECT id FROM foo\n-- who\n/* and why */;',
    migration: 'DROP VIEW gone;',
  },
  {
    code: 'RH101',
    name: 'a view in the way',
    schema: 'CREATE VIEW gone AS SELECT id FROM foo -- who\n;',
    migration: REBUILD.replace(' NOT NULL', ''),
  },
  {
    code: 'IX101',
    name: 'an index',
    schema: 'CREATE INDEX gone ON foo (d) -- by d\n;',
    migration: 'DROP INDEX gone;',
  },
  {
    code: 'TR101',
    name: 'a trigger',
    schema: 'CREATE TRIGGER gone AFTER INSERT ON foo BEGIN DELETE FROM log; END -- why\n;',
    migration: 'DROP TRIGGER gone;',
  },
  {
    code: 'TR101',
    name: 'a trigger in small letters',
    schema:
      "create trigger gone after insert on foo begin insert into log values (case when new.d = 'x' then 1 else 2 end); end;",
    migration: 'DROP TRIGGER gone;',
  },
].map((it) => ({ ...FOO, ...it, schema: `${TABLE} ${it.schema}` }))

describe('what an advice gives to paste does what it says', () => {
  test.each(SAID_BEHIND)('objects are made again, on remote D1 too: $name', async (scenario) => {
    const fix = (await findingOf(scenario, scenario.code))?.fix
    if (fix === undefined) throw new Error('no fix')
    const migration = withFix(scenario.migration as string, fix)
    const findings = await judgeScenario({ ...scenario, migration, remote: true })
    expect(findings).toEqual([])
  })

  test.each(COSTLY)('before the statement, the missing index makes it cheap: $name', async (scenario) => {
    const fix = (await findingOf(scenario, 'RH102'))?.fix
    expect(fix?.sql).toContain('CREATE INDEX')
    const lines = textOf(scenario).split('\n')
    const at = fix?.replaces.fromLine ?? 0
    expect(fix?.replaces.toLine).toBe(at - 1)
    const migration = [...lines.slice(0, at - 1), fix?.sql, ...lines.slice(at - 1)].join('\n')
    expect(await findingOf({ ...scenario, migration }, 'RH102')).toBeUndefined()
  })

  const mismatched = SEARCH_LOST.filter(({ codes }) => codes.includes('FT101'))
  test.each(mismatched)(
    'at the end of the file, the refill makes the search whole: $name',
    async (scenario) => {
      const advice = (await findingOf(scenario, 'FT101'))?.fix?.sql ?? ''
      expect(advice).toContain('INSERT INTO')
      const migration = `${textOf(scenario)}\n${advice}`
      expect(await findingOf({ ...scenario, migration }, 'FT101')).toBeUndefined()
    },
  )
})

describe('in place of a copy that leaves the numbers of a full-text table out', () => {
  const schema = `CREATE VIRTUAL TABLE docs USING fts5(title, note); CREATE TABLE fav (docs_id INTEGER);`
  const rows = `INSERT INTO docs (rowid, title, note) VALUES (5, 'a', 'b'), (9, 'c', 'd'); INSERT INTO fav VALUES (5);`
  const whole = { name: '', schema, rows, verdict: 'block' as const, codes: [] }
  const copied = (copy: string): string =>
    ['CREATE VIRTUAL TABLE docs_new USING fts5(title, note, tokenize=porter);', copy].join('\n') +
    '\nDROP TABLE docs;\nALTER TABLE docs_new RENAME TO docs;'
  test.each([
    'INSERT INTO docs_new SELECT * FROM docs;',
    'INSERT INTO docs_new (note, title)\n  SELECT note, title FROM docs ORDER BY title;',
  ])('the fix keeps them: %s', async (copy) => {
    const migration = copied(copy)
    const fix = (await findingOf({ ...whole, migration }, 'FT101'))?.fix
    const lines = migration.split('\n')
    const { fromLine = 0, toLine = 0 } = fix?.replaces ?? {}
    const fixed = [...lines.slice(0, fromLine - 1), fix?.sql, ...lines.slice(toLine)].join('\n')
    expect(fix?.sql).toContain('SELECT rowid,')
    expect(await findingOf({ ...whole, migration: fixed }, 'FT101')).toBeUndefined()
  })
  test.each([
    'INSERT INTO docs_new SELECT * FROM docs; DROP TABLE fav;',
    'INSERT INTO docs_new SELECT DISTINCT title, note FROM docs;',
  ])('none is given where it would not fit: %s', async (copy) => {
    const found = await findingOf({ ...whole, migration: copied(copy) }, 'FT101')
    expect(found?.message).toContain('have other rowids now')
    expect(found?.fix).toBeUndefined()
  })
})

const GOES = {
  ...{ rows: '', verdict: 'acknowledge' as const, codes: ['TR101'] },
  schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE TABLE log (n INTEGER, a TEXT);
CREATE VIEW v AS SELECT id FROM t WHERE a IS NOT NULL;
CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id, new.a); END;`,
}

/** A view or trigger that the file drops, and whether its own text still works behind what else it does. */
const DROPPED_BESIDE: [name: string, migration: string, works: boolean][] = [
  [
    'a view, and the column of its condition',
    'DROP TRIGGER g; DROP VIEW v; ALTER TABLE t DROP COLUMN a;',
    false,
  ],
  ['a view, and its table', 'DROP VIEW v; DROP TABLE t;', false],
  [
    'a view, and its column has another name',
    'DROP TRIGGER g; DROP VIEW v; ALTER TABLE t RENAME COLUMN a TO c;',
    false,
  ],
  ['a trigger, and the column that it writes', 'DROP TRIGGER g; ALTER TABLE log DROP COLUMN a;', false],
  ['both, and a column that both read', 'DROP VIEW v; DROP TRIGGER g; ALTER TABLE t DROP COLUMN a;', false],
  ['a view', 'DROP VIEW v;', true],
  ['a trigger', 'DROP TRIGGER g;', true],
  ['a view, and another column', 'DROP VIEW v; ALTER TABLE t DROP COLUMN b;', true],
  ['both', 'DROP VIEW v; DROP TRIGGER g;', true],
  ['a trigger, and a column comes', 'DROP TRIGGER g; ALTER TABLE t ADD COLUMN c TEXT;', true],
]

describe('what is dropped is offered again only where its text works', () => {
  test.each(DROPPED_BESIDE)('%s', async (name, migration, works) => {
    const { [works ? 'fix' : 'message']: found } =
      (await findingOf({ ...GOES, name, migration }, 'TR101')) ?? {}
    if (!works) {
      const lost = (await judgeScenario({ ...GOES, name, migration })).filter(({ code }) => code === 'TR101')
      expect(found).toContain('As it was it does not work any more: ')
      expect(lost.map(({ fix }) => fix)).toEqual(lost.map(() => undefined))
      return
    }
    if (found === undefined || typeof found === 'string') throw new Error('no fix')
    const again = await judgeScenario({ ...GOES, name, migration: withFix(migration, found) })
    expect(again.filter(({ code }) => code === 'RH101')).toEqual([])
  })
})

const INDEXED = {
  ...{ verdict: 'acknowledge' as const, codes: ['IX101'] },
  schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX t_b ON t (lower(b)) WHERE b IS NOT NULL; CREATE UNIQUE INDEX t_u ON t (b, a);
CREATE TABLE log (a TEXT); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;`,
  rows: `INSERT INTO t VALUES (1, 'x', 'p'), (2, 'y', 'q'), (3, 'x', 'r');`,
}
const remade = (columns: string, values: string, more = ''): string =>
  `DROP TRIGGER g; CREATE TABLE t2 (${columns}); INSERT INTO t2 SELECT ${values} FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t; ${more}`
const WHOLE = 'id INTEGER PRIMARY KEY, a TEXT, b TEXT'

/** What was lost with its table, and whether it can be made again for the tables of then. */
const LOST_BESIDE: [name: string, code: string, migration: string, works: boolean][] = [
  ['an index', 'IX101', remade(WHOLE, '*'), true],
  ['its name is a table now', 'IX101', remade(WHOLE, '*', 'CREATE TABLE t_b (x);'), true],
  ['its name is a view now', 'IX101', remade(WHOLE, '*', 'CREATE VIEW t_b AS SELECT 1 AS x;'), true],
  [
    'its table has another name',
    'IX101',
    `DROP TRIGGER g; CREATE TABLE u (${WHOLE}); INSERT INTO u SELECT * FROM t; DROP TABLE t;`,
    true,
  ],
  ['its column has another name', 'IX101', 'DROP INDEX t_b; ALTER TABLE t RENAME COLUMN b TO c;', true],
  ['it is made again otherwise', 'IX102', 'DROP INDEX t_u; CREATE UNIQUE INDEX t_u ON t (a, id);', true],
  [
    'a trigger stays with the old table',
    'TR101',
    `ALTER TABLE t RENAME TO t_old; CREATE TABLE t (${WHOLE}); INSERT INTO t SELECT * FROM t_old;`,
    true,
  ],
  [
    'its condition names a column that is gone',
    'IX101',
    'DROP INDEX t_w; ALTER TABLE t DROP COLUMN b;',
    false,
  ],
  [
    'rows are equal that must not be',
    'IX101',
    `DROP INDEX t_u; UPDATE t SET b = 'same' WHERE id <> 2;`,
    false,
  ],
  [
    'a trigger stays with the old table, and its column is gone',
    'TR101',
    `ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT); INSERT INTO t SELECT id, b FROM t_old;`,
    false,
  ],
]

describe('what is lost with its table is offered again only where it was made on a copy', () => {
  test.each(LOST_BESIDE)('%s', async (name, code, migration, works) => {
    const schema = name.startsWith('its condition')
      ? 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX t_w ON t (a) WHERE b IS NOT NULL;'
      : INDEXED.schema
    const scenario = { ...INDEXED, schema, name, migration }
    const found = (await judgeScenario(scenario)).filter((it) => it.code === code)
    expect(found.length).toBeGreaterThan(0)
    if (!works) {
      expect(found.map(({ fix }) => fix)).toEqual(found.map(() => undefined))
      expect(found.map(({ message }) => message).join()).toMatch(
        /As it was it (?:cannot be made again|does not work any more): /,
      )
      return
    }
    const fixes = found.map(({ fix }) => fix?.sql ?? '')
    const then = await judgeScenario({ ...scenario, migration: [migration, ...fixes].join('\n') })
    expect(fixes).not.toContain('')
    expect(then.filter((it) => it.code === code || /^(?:RH|SY)/.test(it.code))).toEqual([])
  })
})
