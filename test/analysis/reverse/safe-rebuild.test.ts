import { describe, expect, test } from 'vitest'
import type { Plan } from '../../../src/contract/plan.js'
import { withFix } from '../../../src/text/fix.js'
import { BLOCKING } from '../../corpus/blocking.js'
import { SHOP, SHOP_ROWS, type Scenario } from '../../corpus/scenario.js'
import { useOneEngine } from '../one-engine.js'
import { rehearseScenario } from '../scenario-run.js'

/** Two rehearsals a test at most. */
const openScratch = useOneEngine(30)

test('the rewrite that DL101 advises is itself a migration that raises nothing', async () => {
  const [unsafe] = BLOCKING
  if (unsafe === undefined) throw new Error('the corpus is empty')
  const plan = await rehearseScenario(unsafe, openScratch)
  const rewrites = plan.findings.filter(({ code, fix }) => code === 'DL101' && fix !== undefined)
  expect(rewrites).toHaveLength(1)
  const fix = rewrites[0]?.fix ?? { sql: '', replaces: { file: '', fromLine: 1, toLine: 0 } }
  expect(fix.sql).toContain('CREATE TABLE "__hold_comments"')
  const safe = await rehearseScenario(
    {
      name: 'the advice',
      schema: SHOP,
      rows: SHOP_ROWS,
      migration: withFix(unsafe.migration as string, fix),
      verdict: 'ok',
      codes: [],
    },
    openScratch,
  )
  expect(safe.findings).toEqual([])
  expect(safe.predictedFingerprint).toBe(plan.predictedFingerprint)
  expect(safe.rows).toEqual(safe.rows.map((row) => ({ ...row, after: row.before })))
})

test('values that the rebuild itself changes are no reason to withhold the rewrite', async () => {
  const unsafe = (value: string, rest = ''): Scenario => ({
    name: 'a price in cents',
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY, price REAL); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE);`,
    rows: 'INSERT INTO p VALUES (1, 1.5), (2, NULL), (3, 4); INSERT INTO c VALUES (1, 1), (2, 3);',
    migration: `CREATE TABLE p2 (id INTEGER PRIMARY KEY, price INTEGER);
INSERT INTO p2 SELECT id, ${value} FROM p;
DROP TABLE p;
ALTER TABLE p2 RENAME TO p;${rest}`,
    verdict: 'block',
    codes: ['DL101'],
  })
  const scenario = unsafe('round(price * 100)')
  const fix = (await rehearseScenario(scenario, openScratch)).findings.find(
    ({ code }) => code === 'DL101',
  )?.fix
  if (fix === undefined) throw new Error('no rewrite')
  const migration = withFix(scenario.migration as string, fix)
  const plan = await rehearseScenario({ ...scenario, migration }, openScratch)
  expect(plan.findings.map(({ code, message }) => [code, message])).toEqual([
    ['CH101', expect.stringContaining('p.price changes in 2 rows')],
  ])
  expect(plan.rows.find(({ table }) => table === 'c')).toMatchObject({ before: 2, after: 2 })
})

const FAMILY = `CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE c1 (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE);
CREATE TABLE c2 (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE SET NULL);
CREATE TABLE c3 (id INTEGER PRIMARY KEY, c1 INTEGER REFERENCES c1 (id) ON DELETE CASCADE);
CREATE TABLE log (what TEXT);
CREATE TRIGGER c1_gone AFTER DELETE ON c1 BEGIN INSERT INTO log VALUES ('gone ' || OLD.id); END;`
const FAMILY_ROWS = `INSERT INTO p VALUES (1, 'one'), (2, 'two'); INSERT INTO c1 VALUES (10, 1), (11, 2);
INSERT INTO c2 VALUES (20, 1); INSERT INTO c3 VALUES (30, 10);`
const REBUILD = `CREATE TABLE p_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO p_new SELECT id, name FROM p;
DROP TABLE p;
ALTER TABLE p_new RENAME TO p;`

interface Case {
  name: string
  migration: string
  schema?: string
  rows?: string
  lines: [number, number]
}

const REWRITTEN: Case[] = [
  { name: 'the file is the rebuild alone', migration: REBUILD, lines: [1, 4] },
  {
    name: 'the file changed the table before it, and goes on behind it',
    migration: `ALTER TABLE p ADD COLUMN city TEXT;\nUPDATE p SET city = 'Bern';\n\n${REBUILD.replace('name TEXT NOT NULL', 'name TEXT NOT NULL, city TEXT').replace('id, name FROM', 'id, name, city FROM')}\nCREATE INDEX p_city ON p (city);\n`,
    lines: [4, 7],
  },
  { name: 'all stands in one line', migration: REBUILD.replaceAll('\n', ' '), lines: [1, 1] },
  {
    name: 'something else stands between',
    migration: REBUILD.replace('DROP', "INSERT INTO log VALUES ('between');\nDROP"),
    lines: [1, 5],
  },
  {
    name: 'it is wrapped into PRAGMAs without effect',
    migration: `PRAGMA foreign_keys=OFF;--> statement-breakpoint\n${REBUILD}\nPRAGMA foreign_keys=ON;\nCREATE UNIQUE INDEX p_name ON p (name);`,
    lines: [1, 6],
  },
  {
    name: 'the rows are held and the table made again under its name',
    migration: `CREATE TABLE held AS SELECT * FROM p;\nDROP TABLE p;\nCREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\nINSERT INTO p (id, name) SELECT id, name FROM held;\nDROP TABLE held;`,
    lines: [1, 5],
  },
  {
    name: 'children without an action refuse the DROP',
    schema: FAMILY.replaceAll(/ON DELETE (?:CASCADE|SET NULL)/g, ''),
    migration: `SELECT 1;\n${REBUILD}`,
    lines: [2, 5],
  },
  {
    name: 'a view reads the table while it is not there',
    schema: 'CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT); CREATE VIEW names AS SELECT name FROM p;',
    rows: "INSERT INTO p VALUES (1, 'one');",
    migration: REBUILD,
    lines: [1, 4],
  },
]

const scenario = ({ migration, schema = FAMILY, rows = FAMILY_ROWS }: Omit<Case, 'lines'>): Scenario => ({
  name: 'a rebuild',
  schema,
  rows,
  migration,
  verdict: 'ok',
  codes: [],
})

const rewritesOf = (plan: Plan): Plan['findings'] => plan.findings.filter(({ fix }) => fix !== undefined)

describe('a rebuild is rewritten once, for the lines where it stands', () => {
  test.each(REWRITTEN)('where $name', async ({ lines, ...input }) => {
    const plan = await rehearseScenario(scenario(input), openScratch)
    expect(plan.verdict).toBe('block')
    const rewrites = rewritesOf(plan).filter(({ code }) => code === 'DL101' || code === 'RH101')
    expect(rewrites.map(({ fix }) => fix?.replaces)).toEqual([
      { file: '0002_change.sql', fromLine: lines[0], toLine: lines[1] },
    ])
    const [{ fix } = {}] = rewrites
    if (fix === undefined) throw new Error('no rewrite')
    const after = await rehearseScenario(
      scenario({ ...input, migration: withFix(input.migration, fix) }),
      openScratch,
    )
    expect(after.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(
      after.rows.filter(({ table }) => table !== 'log').every(({ before, after: now }) => before === now),
    ).toBe(true)
  })

  test.each([
    [
      'nothing references the table',
      REBUILD,
      'CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);',
      "INSERT INTO p VALUES (1, 'one');",
    ],
    ['the table is dropped for good', 'DROP TABLE p;', FAMILY, FAMILY_ROWS],
    [
      'a new column would have no value',
      REBUILD.replace('name TEXT NOT NULL', 'name TEXT, x TEXT NOT NULL'),
      FAMILY,
      FAMILY_ROWS,
    ],
    ['the rows of a child are meant to go', `DELETE FROM c3;\n${REBUILD}`, FAMILY, FAMILY_ROWS],
  ])('and not where %s', async (_what, migration, schema, rows) => {
    const plan = await rehearseScenario(scenario({ name: '', migration, schema, rows }), openScratch)
    expect(rewritesOf(plan)).toEqual([])
  })
})
