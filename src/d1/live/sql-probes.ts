import { whoKnowsToken } from './token.js'
import { TRIGGERS, WITHOUT_TRIGGERS } from './triggers.js'
import type { Lab, Said } from './lab.js'

/** What one probe saw, in the words of its assumption. What it throws is what it could not see. */
export type Probe = (lab: Lab) => Promise<string>

/** Rows that the table `item` holds before the first probe. */
const ROWS = 5000

/** What the probes work on. */
export const SET_UP = `CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER, b BLOB);
INSERT INTO item (id, n) WITH RECURSIVE i(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM i WHERE v < ${ROWS}) SELECT v, v FROM i;
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE bound (parent INTEGER REFERENCES parent(id));
CREATE TABLE one (v INTEGER);
${Array.from({ length: 13 }, (_, at) => `CREATE TABLE depth_${at} (v INTEGER);`).join('\n')}`

/** Triggers come one a query: together they would be too far down for D1's splitter. */
export const DEPTH_TRIGGERS = Array.from(
  { length: 12 },
  (_, at) =>
    `CREATE TRIGGER depth_trigger_${at} AFTER INSERT ON depth_${at} BEGIN INSERT INTO depth_${at + 1} VALUES (1); END;`,
)

export const SQL_PROBES: Record<string, Probe> = {
  'token-owner': whoKnowsToken,
  'query-atomic-statement': (lab) =>
    leftBy(
      lab,
      901,
      (id) =>
        `INSERT INTO item (id) VALUES (${id}); INSERT INTO parent VALUES (${id}); INSERT INTO no_such_table VALUES (1);`,
    ),
  'query-atomic-commit': (lab) =>
    leftBy(lab, 902, (id) => `INSERT INTO item (id) VALUES (${id}); INSERT INTO child (parent) VALUES (-1);`),
  ...Object.fromEntries(
    Object.entries(TRIGGERS).map(([id, sql]): [string, Probe] => [id, (lab) => byQuery(lab, sql)]),
  ),
  'trigger-import': async (lab) => {
    const { refused } = await lab.import(Object.values(TRIGGERS).join('\n'))
    await demand(lab, WITHOUT_TRIGGERS)
    return refused === undefined ? 'taken' : `refused: ${refused}`
  },
  'statement-length': (lab) => taken(lab, `SELECT length('${'x'.repeat(100_001)}')`),
  'program-size': async (lab) => {
    const seen = await taken(lab, `INSERT INTO one VALUES ${Array(11_000).fill('(1)').join(',')}`)
    await demand(lab, 'DELETE FROM one')
    return seen
  },
  'expression-depth': (lab) => taken(lab, `SELECT ${Array(120).fill('1').join('+')}`),
  'trigger-depth': (lab) => taken(lab, 'INSERT INTO depth_0 VALUES (1)'),
  'big-integers': async (lab) => {
    const [row] = (await demand(lab, 'SELECT 9007199254740993 AS n')).rows
    return row?.['n'] === 9007199254740992 ? 'rounded' : `as ${JSON.stringify(row?.['n'])}`
  },
  blobs: async (lab) => {
    const [row] = (await demand(lab, "SELECT x'00ff' AS b")).rows
    return JSON.stringify(row?.['b']) === '[0,255]'
      ? 'as an array of bytes'
      : `as ${JSON.stringify(row?.['b'])}`
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

export async function taken(lab: Lab, sql: string): Promise<string> {
  const said = await lab.query(sql)
  if (said.ok) return 'taken'
  if (said.status === 429) throw new Error(said.message)
  return 'refused'
}

async function byQuery(lab: Lab, sql: string): Promise<string> {
  const said = await lab.query(sql)
  await demand(lab, WITHOUT_TRIGGERS)
  if (said.ok) return 'taken'
  return /incomplete input/i.test(said.message) ? 'cut apart' : `refused: ${said.message}`
}

/** Sends a text that D1 must refuse, and looks whether its first row is there. */
async function leftBy(lab: Lab, id: number, text: (id: number) => string): Promise<string> {
  const key = 1_000_000 + id
  const said = await lab.query(text(key))
  const left = await rowExists(lab, key)
  if (said.ok) return 'all of it: it was not refused'
  return left ? 'what stood before it' : 'nothing'
}

export async function rowExists(lab: Lab, id: number): Promise<boolean> {
  return (await demand(lab, `SELECT id FROM item WHERE id = ${id}`)).rows.length > 0
}
