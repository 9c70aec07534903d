import { whoKnowsToken } from './token.js'
import { triggerShapes, type TriggerShape } from './triggers.js'
import type { Lab, Said } from './lab.js'

/** What one probe saw, in the words of its assumption. What it throws is what it could not see. */
export type Probe = (lab: Lab) => Promise<string>

/** Rows that the table `item` holds before the first probe. */
const ROWS = 5000

/**
 * What the probes work on. None cleans up behind itself: each has rows, names and tables of its own. The chain of triggers is made by
 * import, where no splitter is in the way.
 */
export const SET_UP = `CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER, b BLOB);
INSERT INTO item (id, n) WITH RECURSIVE i(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM i WHERE v < ${ROWS}) SELECT v, v FROM i;
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE one (v INTEGER);
CREATE TABLE shape (id INTEGER PRIMARY KEY, n INTEGER);`

/** Twelve triggers, each of which starts the next. */
const CHAIN = [
  ...Array.from({ length: 13 }, (_, at) => `CREATE TABLE depth_${at} (v INTEGER);`),
  ...Array.from(
    { length: 12 },
    (_, at) =>
      `CREATE TRIGGER depth_trigger_${at} AFTER INSERT ON depth_${at} BEGIN INSERT INTO depth_${at + 1} VALUES (1); END;`,
  ),
].join('\n')

export const SQL_PROBES: Record<string, Probe> = {
  'token-owner': whoKnowsToken,
  'query-atomic-statement': async (lab) =>
    (
      await leftBy(
        lab,
        901,
        (id) =>
          `INSERT INTO item (id) VALUES (${id}); INSERT INTO parent VALUES (${id}); INSERT INTO no_such_table VALUES (1);`,
      )
    ).left,
  'query-atomic-commit': async (lab) => (await brokenCommit(lab)).left,
  'commit-words': async (lab) => {
    const { said } = await brokenCommit(lab)
    if (said.ok) return 'nothing: it was taken'
    return /internal error/i.test(said.message) ? 'internal error' : said.message
  },
  ...Object.fromEntries(
    triggerShapes('q').map(({ id, sql }): [string, Probe] => [id, (lab) => byQuery(lab, sql)]),
  ),
  ...Object.fromEntries(
    triggerShapes('i').map((shape): [string, Probe] => [`${shape.id}-import`, (lab) => byImport(lab, shape)]),
  ),
  'statement-length': (lab) => taken(lab, `SELECT length('${'x'.repeat(100_001)}')`),
  'program-size': (lab) => taken(lab, `INSERT INTO one VALUES ${Array(11_000).fill('(1)').join(',')}`),
  'expression-depth': (lab) => taken(lab, `SELECT ${Array(120).fill('1').join('+')}`),
  'trigger-depth': async (lab) => {
    const { refused } = await lab.import(CHAIN)
    if (refused !== undefined) throw new Error(`the chain of triggers was not made: ${refused}`)
    return taken(lab, 'INSERT INTO depth_0 VALUES (1)')
  },
  columns: (lab) =>
    taken(lab, `CREATE TABLE wide (${Array.from({ length: 101 }, (_, at) => `c${at}`).join(', ')})`),
  parameters: (lab) =>
    taken(lab, `SELECT coalesce(${Array(101).fill('?').join(', ')})`, Array<number>(101).fill(1)),
  'compound-terms': (lab) => taken(lab, `SELECT ${[1, 2, 3, 4, 5, 6].join(' UNION SELECT ')}`),
  'value-bytes': (lab) => taken(lab, 'INSERT INTO one VALUES (zeroblob(2000100))'),
  'result-bytes': (lab) =>
    taken(
      lab,
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 28) SELECT hex(zeroblob(950000)) AS x FROM n',
    ),
  'pattern-bytes': (lab) => taken(lab, `SELECT 'a' LIKE '${'a'.repeat(51)}'`),
  authorizer: (lab) => taken(lab, 'PRAGMA user_version'),
  'big-integers': async (lab) => {
    const { n } = await values(lab)
    return n === 9007199254740992 ? 'rounded' : `as ${JSON.stringify(n)}`
  },
  blobs: async (lab) => {
    const { b } = await values(lab)
    return JSON.stringify(b) === '[0,255]' ? 'as an array of bytes' : `as ${JSON.stringify(b)}`
  },
  'rows-read': async (lab) => {
    const { result } = await demand(lab, 'SELECT count(*) FROM item WHERE n > 0')
    const [first] = Array.isArray(result) ? (result as { meta?: { rows_read?: number } }[]) : []
    return String(first?.meta?.rows_read ?? 'not told')
  },
}

/** Runs SQL that must be taken. */
export async function demand(lab: Lab, sql: string): Promise<Said> {
  const said = await lab.query(sql)
  if (!said.ok)
    throw new Error(`D1 refused what was only to prepare the probe: ${said.message || said.status}`)
  return said
}

async function taken(lab: Lab, sql: string, params?: readonly number[]): Promise<string> {
  const said = await lab.query(sql, params)
  if (said.ok) return 'taken'
  if (said.status === 429) throw new Error(said.message)
  return 'refused'
}

async function byQuery(lab: Lab, sql: string): Promise<string> {
  const said = await lab.query(sql)
  if (said.ok) return 'taken'
  return /incomplete input/i.test(said.message) ? 'cut apart' : `refused: ${said.message}`
}

/** All shapes in one import: where it is refused, or one of them is not there as it was written, each by itself. */
async function byImport(lab: Lab, { name, sql }: TriggerShape): Promise<string> {
  const together = await lab.once('triggers by import', async () => {
    const { refused } = await lab.import(
      triggerShapes('i')
        .map((shape) => shape.sql)
        .join('\n'),
    )
    if (refused !== undefined) return new Map<string, string>()
    const { rows } = await demand(lab, `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
    return new Map(rows.map((row) => [String(row['name']), String(row['sql'])]))
  })
  const made = together.get(name)
  if (made !== undefined && sql.endsWith(`${made};`)) return 'taken'
  if (made !== undefined) return `changed: ${made}`
  const { refused } = await lab.import(sql)
  return refused === undefined ? 'taken alone' : `refused: ${refused}`
}

function brokenCommit(lab: Lab): Promise<Left> {
  return lab.once('a broken COMMIT', () =>
    leftBy(lab, 902, (id) => `INSERT INTO item (id) VALUES (${id}); INSERT INTO child (parent) VALUES (-1);`),
  )
}

function values(lab: Lab): Promise<Record<string, unknown>> {
  return lab.once('values', async () => {
    const { rows } = await demand(lab, "SELECT 9007199254740993 AS n, x'00ff' AS b")
    return rows[0] ?? {}
  })
}

interface Left {
  said: Said
  left: string
}

/** Sends a text that D1 must refuse, and looks whether its first row is there. */
async function leftBy(lab: Lab, id: number, text: (id: number) => string): Promise<Left> {
  const key = 1_000_000 + id
  const said = await lab.query(text(key))
  if (said.ok) return { said, left: 'all of it: it was not refused' }
  return { said, left: (await rowExists(lab, key)) ? 'what stood before it' : 'nothing' }
}

export async function rowExists(lab: Lab, id: number): Promise<boolean> {
  return (await demand(lab, `SELECT id FROM item WHERE id = ${id}`)).rows.length > 0
}
