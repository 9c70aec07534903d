import { defined } from '../../contract/defined.js'
import { sameName, tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import type { DatabaseSync } from 'node:sqlite'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { unquote } from '../../d1/sql/tokens.js'
import { mentions, type StatementParts } from '../statement/statement.js'
import type { ColumnChange, DataComparison, StatementEvidence, TableFate } from '../evidence.js'
import { column, join, missingRows, number, pairsOf, sampleRows, SAMPLES, type Pair } from './row-keys.js'
import { heldInPieces } from './json-pieces.js'

/** Two versions of one database on one connection: `main` is the migrated one, `prior` the one before. */
export interface Versions {
  database: DatabaseSync
  after: DetailedCatalog
  statements: StatementEvidence[]
}

/** A column that is no more: how many values went with it, and whether another column holds them. */
export function goneColumn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[] | undefined,
): ColumnChange {
  const { database, statements } = versions
  const values = number(
    database,
    `SELECT count(${quoteName(name)}) AS n FROM prior.${quoteName(fate.before.name)}`,
  )
  const change: ColumnChange = { column: name, values, nulled: values, changed: 0, samples: [] }
  if (values === 0) return change
  const samples = database
    .prepare(
      `SELECT DISTINCT substr(quote(${quoteName(name)}), 1, 80) AS v FROM prior.${quoteName(fate.before.name)} WHERE ${quoteName(name)} IS NOT NULL LIMIT ${SAMPLES}`,
    )
    .all()
    .map((row) => ({ key: '', before: String(row['v']), after: 'gone' }))
  const writers = statements.filter(
    ({ anatomy }) => mentions(anatomy.tokens, name) || anatomy.tokens.some(({ text }) => text === '*'),
  )
  const own = key === undefined ? undefined : heldBeside(versions, fate, after, name, key, writers)
  const preservedIn =
    own ??
    heldElsewhere(versions, fate, name, writers, `prior.${quoteName(fate.before.name)} b`, fate.copiedTo)
  return { ...change, samples, ...defined({ preservedIn }) }
}

/** A new column of the same rows from which the old values can be told: equal to them, or one to one. */
function heldBeside(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[],
  writers: StatementEvidence[],
): string | undefined {
  const old = new Set(pairsOf(fate, after).map(({ is }) => is.toLowerCase()))
  const from = `prior.${quoteName(fate.before.name)} b JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  const b = column('b', name)
  const fresh = after.columns.filter(
    (candidate) =>
      !old.has(candidate.name.toLowerCase()) &&
      writers.some(
        ({ anatomy, touches }) =>
          anatomy.verb !== 'alter-table' &&
          touches.length > 0 &&
          (mentions(anatomy.tokens, candidate.name) || (anatomy.copies && !listsColumns(anatomy))),
      ),
  )
  for (const candidate of fresh) {
    const s = column('s', candidate.name)
    const row = database
      .prepare(
        `SELECT count(*) AS pairs, count(DISTINCT old) AS olds, count(DISTINCT now) AS nows, count(CASE WHEN now IS NULL THEN 1 END) AS empty,
           count(CASE WHEN typeof(old) = 'text' AND typeof(now) = 'text' AND instr(now, old) > 0 THEN 1 END) AS inside,
           count(CASE WHEN typeof(old) = 'text' AND json_valid(old) AND substr(ltrim(old), 1, 1) IN ('{', '[') THEN 1 END) AS documents
         FROM (SELECT DISTINCT ${b} AS old, ${s} AS now FROM ${from} WHERE ${b} IS NOT NULL)`,
      )
      .get()
    const of = (field: string): number => Number(row?.[field])
    const paired = of('pairs') === of('olds') && of('pairs') === of('nows')
    // A number that differs with each JSON document does not hold what the document says.
    const told = (paired && of('documents') === 0) || of('inside') === of('pairs')
    if (of('empty') === 0 && told) return `${after.name}.${candidate.name}`
  }
  const pieces = fresh.map((candidate) => ({ holder: column('s', candidate.name), name: candidate.name }))
  const held = heldInPieces(
    database,
    `${from} WHERE ${b} IS NOT NULL`,
    b,
    pieces.map(({ holder }) => holder),
  )
  return held ? pieces.map((piece) => `${after.name}.${piece.name}`).join(', ') : undefined
}

/** A column of a table that was filled from this one and holds every value of these rows. */
function heldElsewhere(
  { database, after }: Versions,
  fate: TableFate,
  name: string,
  writers: StatementEvidence[],
  rows: string,
  copies: string[],
): string | undefined {
  const b = column('b', name)
  const condition = rows.includes(' WHERE ')
    ? `${rows} AND ${b} IS NOT NULL`
    : `${rows} WHERE ${b} IS NOT NULL`
  const writes = (statement: StatementEvidence, table: string): boolean =>
    statement.touches.some(({ table: to, how }) => how !== 'read' && to.toLowerCase() === table.toLowerCase())
  for (const copy of copies) {
    const table = tableNamed(after, copy)
    // The successor of a rebuild was filled under another name.
    const fed = writers.some(
      (statement) =>
        writes(statement, copy) ||
        (statement.anatomy.copies && copy.toLowerCase() === fate.after?.name.toLowerCase()),
    )
    const same =
      table?.columns.some((candidate) => candidate.name.toLowerCase() === name.toLowerCase()) ?? false
    if (table === undefined || (!fed && !same)) continue
    const successor =
      fate.after !== undefined && sameName(table.name, fate.after.name) ? fate.after : undefined
    const taken = successor === undefined ? [] : pairsOf(fate, successor).map(({ is }) => is)
    const open = table.columns.filter((candidate) => !taken.includes(candidate.name))
    const ordered = open.sort(
      (x, y) =>
        Number(y.name.toLowerCase() === name.toLowerCase()) -
        Number(x.name.toLowerCase() === name.toLowerCase()),
    )
    for (const candidate of ordered) {
      const missing = database
        .prepare(
          `SELECT 1 FROM ${condition} AND ${b} NOT IN (SELECT ${quoteName(candidate.name)} FROM main.${quoteName(table.name)} WHERE ${quoteName(candidate.name)} IS NOT NULL) LIMIT 1`,
        )
        .get()
      if (missing === undefined) return `${table.name}.${candidate.name}`
    }
    const lists = open.map(
      ({ name: holder }) => `(SELECT ${quoteName(holder)} FROM main.${quoteName(table.name)})`,
    )
    if (fed && heldInPieces(database, condition, b, lists)) return table.name
  }
  return undefined
}

/** Lost rows whose every value is held by tables that were filled from this one are moved, not lost. */
export function relocate(
  versions: Versions,
  fate: TableFate,
  found: DataComparison,
  key: Pair[] | undefined,
): DataComparison {
  const rows =
    fate.after === undefined || key === undefined
      ? `prior.${quoteName(fate.before.name)} b`
      : missingRows(fate, fate.after, key)
  const samples = found.lostSamples.length > 0 ? found.lostSamples : sampleRows(versions.database, fate, rows)
  const copies = fate.copiedTo.filter((copy) => copy.toLowerCase() !== fate.after?.name.toLowerCase())
  if (copies.length === 0) return { ...found, lostSamples: samples }
  const holders = fate.before.columns
    .filter(({ name, generated }) => !generated && !isSurrogate(fate, name))
    .map(({ name }) => {
      const writers = versions.statements.filter(
        ({ anatomy }) => mentions(anatomy.tokens, name) || anatomy.tokens.some(({ text }) => text === '*'),
      )
      const empty = number(versions.database, `SELECT count(${column('b', name)}) AS n FROM ${rows}`) === 0
      return empty ? '' : heldElsewhere(versions, fate, name, writers, rows, copies)
    })
  if (holders.some((holder) => holder === undefined)) return { ...found, lostSamples: samples }
  const movedTo = [
    ...new Set(holders.map((holder) => holder?.split('.')[0] ?? '').filter((table) => table !== '')),
  ].join(', ')
  const room = copies.some((copy) => {
    const table = tableNamed(versions.after, copy)
    return (
      table !== undefined &&
      number(versions.database, `SELECT count(*) AS n FROM main.${quoteName(table.name)}`) >= found.lost
    )
  })
  return room ? { ...found, lost: 0, moved: found.lost, movedTo } : { ...found, lostSamples: samples }
}

/** A number that SQLite gave out says nothing once the table is gone and what referred to it holds the values instead. */
function isSurrogate({ before, after }: TableFate, name: string): boolean {
  const [key] = before.columns.filter(({ keyPosition }) => keyPosition > 0)
  return (
    after === undefined &&
    before.primaryKey.length === 1 &&
    before.columns.length > 1 &&
    key?.name === name &&
    key.type === 'INTEGER'
  )
}

/** INSERT INTO t (a, b) names what it fills; without the list it fills all. */
function listsColumns({ tokens, target }: StatementParts): boolean {
  const at = tokens.findIndex(({ text }) => unquote(text).toLowerCase() === target?.toLowerCase())
  return tokens[at + 1]?.text === '('
}
