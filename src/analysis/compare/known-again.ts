import type { DatabaseSync } from 'node:sqlite'
import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { differ } from './differing.js'
import { newKeyExpression } from './new-key-expression.js'
import { besideOutlived } from './outlived-rows.js'
import { besidePutIn } from './rows-put-in.js'
import { givesNewKeys, identitiesOf, onlyUpdated, partSet } from './row-identity.js'
import { column, join, number, ROWID, type Pair } from './row-keys.js'
import type { Versions } from './versions.js'
import { assignments } from './writers.js'

/** The ways in which rows are known again; by a key that a statement calculates first, where it finds no fewer than the others do. */
export function knownAgain(versions: Versions, fate: TableFate, after: TableSchema, pairs: Pair[]): Pair[][] {
  const identities = identitiesOf(versions.statements, fate, after, pairs)
  const beside = keyBesideSet(versions, fate, after, identities[0])
  if (beside !== undefined) return [beside]
  if (!fate.written) return identities
  const outlived = (key: Pair[]): Pair[] =>
    besidePutIn(versions, fate, after, pairs, besideOutlived(versions, fate, after, pairs, key))
  const known = identities.map((key, at) => (at === 0 ? outlived(key) : key))
  const [first] = known
  const like = (key: Pair[] | undefined): { found: number; equal: number } =>
    likeness(versions, fate, after, pairs, key)
  const calculated = newKeyExpression(versions.statements, fate, after, pairs)
  // The number of a row stays with it: no calculation is surer.
  const sure = first?.[0]?.was === ROWID
  const other = calculated === undefined || sure ? undefined : outlived(calculated)
  const [there, before] = [like(other), like(other === undefined ? undefined : first)]
  const closer = there.equal - before.equal || there.found - before.found
  const best = other !== undefined && there.found > 0 && closer >= 0 ? [other] : known
  const content = sure ? undefined : contentBesideKey(versions, fate, after, pairs, known[0])
  if (content === undefined) return best
  const [same, now] = [like(content), like(best[0])]
  // Where rows went, another one may have any key: nothing is as sure as what they hold.
  const better = same.equal - now.equal || same.found - now.found
  const taken = !onlyUpdated(versions.statements, fate)
  return better > 0 || (taken && same.found >= now.found) ? [content] : best
}

/** What no statement sets, where it tells the rows of a table apart in which keys were given anew, before and now. */
function contentBesideKey(
  { database, statements }: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  key: Pair[] = [],
): Pair[] | undefined {
  if (fate.how !== 'kept' || !givesNewKeys(statements, fate, after, key)) return undefined
  const sets = statements.flatMap(({ anatomy }) => assignments(anatomy.tokens))
  const others = pairs.filter(
    ({ was, is }) =>
      !key.some((part) => part.was === was) &&
      !sets.some(({ column }) => sameName(column, was) || sameName(column, is)),
  )
  const prior = `prior.${quoteName(fate.before.name)}`
  const rows = number(database, `SELECT count(*) AS n FROM ${prior}`)
  if (others.length === 0 || rows > LOOKED_UP || !tellApart(database, fate, after, others)) return undefined
  return rows <= JOINED ? others : lookedUp(database, fate, after, key, others)
}

/** The key, by a table that says of each key of before which one the row of this content has now. */
function lookedUp(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  key: Pair[],
  content: Pair[],
): Pair[] | undefined {
  const [only, ...more] = key
  if (only === undefined || more.length > 0) return undefined
  const table = `temp.${quoteName(`${FOUND}_${fate.before.name}`)}`
  const from = `prior.${quoteName(fate.before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(content)}`
  database.exec(`DROP TABLE IF EXISTS ${table}`)
  database.exec(`CREATE TABLE ${table} (was PRIMARY KEY, is_now) WITHOUT ROWID`)
  database.exec(
    `INSERT OR IGNORE INTO ${table} SELECT ${column('b', only.was)}, ${column('s', only.is)} FROM ${from} WHERE ${column('b', only.was)} IS NOT NULL AND ${column('s', only.is)} IS NOT NULL`,
  )
  // Without the plus, what the column is declared as would be applied to the index, which then finds nothing.
  const by = (alias: string): string =>
    `(SELECT is_now FROM ${table} WHERE was = +${column(alias, only.was)} COLLATE BINARY)`
  return [{ ...only, by, lives: (alias) => `${by(alias)} IS NOT NULL` }]
}

/** No two rows are equal in these columns, before and now. */
function tellApart(database: DatabaseSync, fate: TableFate, after: TableSchema, columns: Pair[]): boolean {
  const twice = (table: string, names: string[]): boolean =>
    database
      .prepare(
        `SELECT 1 FROM ${table} GROUP BY ${names.map(quoteName).join(', ')} HAVING count(*) > 1 LIMIT 1`,
      )
      .get() !== undefined
  const was = columns.map((pair) => pair.was)
  const is = columns.map((pair) => pair.is)
  return !twice(`prior.${quoteName(fate.before.name)}`, was) && !twice(`main.${quoteName(after.name)}`, is)
}

/** How many rows a key finds, and how many of them are equal to what they were in all other columns. */
function likeness(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  key: Pair[] | undefined,
): { found: number; equal: number } {
  if (key === undefined) return { found: 0, equal: 0 }
  const others = pairs.filter(({ was }) => !fate.before.primaryKey.includes(was))
  const differs = others.map(differ).join(' OR ') || '0'
  const from = `prior.${quoteName(fate.before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  const row = database
    .prepare(`SELECT count(*) AS found, count(CASE WHEN NOT (${differs}) THEN 1 END) AS equal FROM ${from}`)
    .get()
  return { found: Number(row?.['found']), equal: Number(row?.['equal']) }
}

/** The same columns, none of them calculated. */
export function isSameKey(plain: Pair[], key: Pair[] = []): boolean {
  return (
    plain.length === key.length &&
    key.every(({ was, is, by }, at) => by === undefined && plain[at]?.was === was && plain[at].is === is)
  )
}

/** Tables up to this many rows are joined by columns that no index leads with. */
const JOINED = 5000
/** Up to this many the rows of one content are looked up once, and found by their key from then on. */
const LOOKED_UP = 500_000
/** What became of the key of each row of before. */
const FOUND = 'd1_runbook_found'

/** The key without the one part that statements set, where the others tell the rows apart by themselves, before and now. */
function keyBesideSet(
  { database, statements }: Versions,
  fate: TableFate,
  after: TableSchema,
  key: Pair[] = [],
): Pair[] | undefined {
  const part = partSet(statements, fate, key)
  if (part === undefined || !onlyUpdated(statements, fate)) return undefined
  const others = key.filter((pair) => pair !== part)
  const prior = `prior.${quoteName(fate.before.name)}`
  if (part !== key.at(-1) && number(database, `SELECT count(*) AS n FROM ${prior}`) > JOINED) return undefined
  return tellApart(database, fate, after, others) ? others : undefined
}
