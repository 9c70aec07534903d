import { quoteName } from '../../d1/sqlite/sqlite.js'
import { rowidColumn, type TableSchema } from '../../d1/schema/schema.js'
import type { TableFate } from '../evidence.js'
import { differ } from './differing.js'
import { column, isAlias, isUniqueAmong, join, keyOfRow, leavingOut, ROWID, type Pair } from './row-keys.js'
import type { Versions } from './versions.js'

/** Rows of before whose key another row of before has now. */
const OUTLIVED = 'd1_runbook_outlived'

/**
 * The key, with the rows left out whose key another row has taken (`DELETE … id = 1; UPDATE … SET id = 1`, a REPLACE, letters that are no
 * longer told apart): of several rows of before with the key of one of now, it is the one that is most like it, or else the one that was
 * moved there, for the other one had to go first.
 */
export function besideOutlived(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  key: Pair[],
): Pair[] {
  const { before } = fate
  const [first, ...others] = key
  const names = key.map(({ is }) => is)
  const unique = isUniqueAmong(after, (name) => names.includes(name))
  if (first === undefined || !unique || before.kind !== 'table' || !mayMeet(fate, after, key)) return key
  const from = `prior.${quoteName(before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  const now = names.map((name) => column('s', name)).join(', ')
  const present = names.map((name) => `${column('s', name)} IS NOT NULL`).join(' AND ')
  const several = `SELECT ${now} FROM ${from} WHERE ${present} GROUP BY ${now} HAVING count(*) > 1`
  if (database.prepare(`${several} LIMIT 1`).get() === undefined) return key
  const own = before.withoutRowid ? before.primaryKey : [ROWID]
  const ids = own.map((name) => column('b', name))
  const unlike = pairs.filter(({ was }) => !key.some((part) => part.was === was)).map(differ)
  const stayed = key.map((pair) => `${column('b', pair.was)} IS ${keyOfRow(pair)}`).join(' AND ')
  const order = [unlike.join(' + ') || '0', `(${stayed})`, ...ids.map((id) => `${id} DESC`)].join(', ')
  const ranked = `SELECT ${ids.map((id, at) => `${id} AS id${at}`).join(', ')}, row_number() OVER (PARTITION BY ${now} ORDER BY ${order}) AS place FROM ${from} WHERE (${now}) IN (${several})`
  const list = ids.map((_id, at) => `id${at}`).join(', ')
  const gone = `SELECT ${list} FROM (${ranked}) WHERE place > 1`
  const { lives } = leavingOut(database, `${OUTLIVED}_${before.name}`, own, gone)
  return [{ ...first, lives }, ...others]
}

/** Two rows of before can have one key now: it is calculated, or what compares it was declared anew. */
function mayMeet(fate: TableFate, after: TableSchema, key: Pair[]): boolean {
  const [first] = key
  if (first === undefined || first.was === ROWID) return false
  if (key.some(({ by }) => by !== undefined)) return true
  const stays = fate.how === 'kept' || isAlias(fate)
  return !stays && (rowidColumn(fate.before)?.name !== first.was || rowidColumn(after)?.name !== first.is)
}
