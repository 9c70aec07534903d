import type { DatabaseSync } from 'node:sqlite'
import { column } from './row-keys.js'
import { joined, type Left, type ListHolder, type Place, type Wanted } from './places.js'
import type { Spelt } from './readings.js'
import { rowsNotIn } from './whole-rows.js'
import { quoteText } from '../../d1/sqlite/sqlite.js'

/** Places in the wanted documents beyond which nobody made a column for each. */
const MOST = 60

/**
 * JSON objects that were taken apart into columns of the row that the link finds: for each place in the documents one column of its own
 * holds what stood there, in every row. Those columns; undefined where one is missing.
 */
export function objectInColumns(database: DatabaseSync, wanted: Wanted, place: Place): string[] | undefined {
  if (!onlyOf(database, wanted, 'object')) return undefined
  for (const walk of [ONE_LEVEL, ALL_LEVELS]) {
    const found = columnsByPath(database, wanted, place, walk)
    if (found !== undefined && found.taken.length > 0 && found.unheld.length === 0) return found.taken
  }
  return undefined
}

/** The same where a few places have no column: the documents that hold something there, and the columns of the others. */
export function objectsLeft(database: DatabaseSync, wanted: Wanted, place: Place): Left | undefined {
  if (!onlyOf(database, wanted, 'object')) return undefined
  const found = columnsByPath(database, wanted, place, ALL_LEVELS)
  if (found === undefined || found.taken.length === 0 || found.unheld.length === 0) return undefined
  const paths = found.unheld.map((path) => quoteText(path)).join(', ')
  const sql = `SELECT o.* FROM (${wanted.sql}) o WHERE EXISTS (SELECT 1 FROM json_tree(o.v) j WHERE j.atom IS NOT NULL AND j.fullkey IN (${paths}))`
  return few(database, wanted, sql, found.taken)
}

/** How the documents are walked, and which column of SQLite's walk holds a value. */
const ONE_LEVEL = { walk: 'json_each', value: 'value' } as const
const ALL_LEVELS = { walk: 'json_tree', value: 'atom' } as const

/**
 * For each place in the documents the column of its own that holds what stands there in every row, best one that is called so; and the places that
 * have none. Undefined where there are more places than anybody makes columns for.
 */
function columnsByPath(
  database: DatabaseSync,
  wanted: Wanted,
  place: Place,
  { walk, value }: typeof ONE_LEVEL | typeof ALL_LEVELS,
): { taken: string[]; unheld: string[] } | undefined {
  const columns = place.columns.slice(0, MOST)
  const hits = columns.map(
    (name, at) => `, count(CASE WHEN j.${value} IS +${column('s', name)} THEN 1 END) AS c${at}`,
  )
  const rows = database
    .prepare(
      `SELECT j.fullkey AS path, count(*) AS n${hits.join('')} FROM ${joined(`(${wanted.sql})`, place)}, ${walk}(w.v) j WHERE j.${value} IS NOT NULL GROUP BY 1 LIMIT ${MOST + 1}`,
    )
    .all()
  if (rows.length > MOST) return undefined
  const taken = new Set<string>()
  const unheld: string[] = []
  for (const row of rows) {
    const path = String(row['path'])
    const whole = columns.filter((name, at) => !taken.has(name) && row[`c${at}`] === row['n'])
    const chosen = whole.find((name) => endsWith(path, name)) ?? whole[0]
    if (chosen === undefined) unheld.push(path)
    else taken.add(chosen)
  }
  return { taken: [...taken], unheld }
}

/** The lists of which an element has no row, where most of all elements have one. */
export function listsLeft(
  database: DatabaseSync,
  wanted: Wanted,
  { source, link, columns, shared }: ListHolder,
  spelt: Spelt,
): Left | undefined {
  const keys = link.map((_, at) => `w.k${at}`)
  const ways = onlyOf(database, wanted, 'array')
    ? [
        {
          values: [...keys, 'j.value'],
          from: `(${wanted.sql}) w, json_each(w.v) j WHERE j.value IS NOT NULL`,
        },
      ]
    : separatorsIn(database, wanted, spelt).map((separator) => ({
        values: [...keys, spelt.words.has('trim') ? 'trim(j.value)' : 'j.value'],
        from: `(${wanted.sql}) w, json_each(${pieceList(separator)}) j WHERE j.value <> ''`,
      }))
  for (const elements of ways)
    for (const name of columns) {
      const rows = { values: [...link, name].map((it) => column('t', it)), from: `${source} t` }
      const same = link.map((_, at) => `m.x${at} IS o.k${at}`).join(' AND ')
      const missing = `EXISTS (SELECT 1 FROM (${rowsNotIn(elements, [rows])}) m WHERE ${same})`
      // Of an owner that has other rows there too, nobody can tell which were the elements.
      const more = `EXISTS (SELECT 1 FROM (${rowsNotIn(rows, [elements])}) m WHERE ${same})`
      const sql = `SELECT o.* FROM (${wanted.sql}) o WHERE ${shared ? `(${missing} OR ${more})` : missing}`
      const left = few(database, wanted, sql, [name])
      if (left !== undefined) return left
    }
  return undefined
}

/** JSON objects that became rows of a name and a value each, whose `link` finds their owner; undefined where a member is missing. */
export function membersInRows(
  database: DatabaseSync,
  wanted: Wanted,
  holder: ListHolder,
): string[] | undefined {
  const { source, link, columns } = holder
  if (!onlyOf(database, wanted, 'object')) return undefined
  if (holdsMore(database, wanted, holder, `(${wanted.sql}) w, json_each(w.v) j`)) return undefined
  const keys = link.map((_, at) => `w.k${at}`)
  const members = {
    values: [...keys, 'j.key', 'j.value'],
    from: `(${wanted.sql}) w, json_each(w.v) j`,
  }
  for (const key of columns)
    for (const value of columns.filter((name) => name !== key)) {
      const rows = { values: [...link, key, value].map((name) => column('t', name)), from: `${source} t` }
      if (database.prepare(`${rowsNotIn(members, [rows])} LIMIT 1`).get() === undefined) return [key, value]
    }
  return undefined
}

/** What is left, where it is the smaller part. */
function few(database: DatabaseSync, wanted: Wanted, sql: string, columns: string[]): Left | undefined {
  const count = (some: string): number =>
    Number(database.prepare(`SELECT count(*) AS n FROM (${some})`).get()?.['n'])
  return count(sql) * 2 > count(wanted.sql) ? undefined : { wanted: { ...wanted, sql }, columns }
}

/**
 * JSON lists that became rows of `source`, whose `link` finds their owner: for every element a row of its own. Elements that are objects
 * have all their values in one and the same row. The columns that hold them; undefined where an element is missing.
 */
export function listInRows(database: DatabaseSync, wanted: Wanted, holder: ListHolder): string[] | undefined {
  const { source, link, columns } = holder
  if (!onlyOf(database, wanted, 'array')) return undefined
  const elements = `(${wanted.sql}) w, json_each(w.v) j`
  if (holdsMore(database, wanted, holder, `${elements} WHERE j.value IS NOT NULL`)) return undefined
  const kinds = database
    .prepare(
      `SELECT DISTINCT j.type = 'object' AS object, j.type = 'array' AS list FROM ${elements} WHERE j.value IS NOT NULL`,
    )
    .all()
  const [kind] = kinds
  if (kinds.length !== 1 || kind === undefined || kind['list'] === 1) return undefined
  const keys = link.map((_, at) => `w.k${at}`)
  const every = (values: string[], holders: string[]): boolean => {
    const wantedRows = { values: [...keys, ...values], from: `${elements} WHERE j.value IS NOT NULL` }
    const rows = { values: [...link, ...holders].map((name) => column('t', name)), from: `${source} t` }
    return database.prepare(`${rowsNotIn(wantedRows, [rows])} LIMIT 1`).get() === undefined
  }
  if (kind['object'] !== 1) {
    const one = columns.find((name) => every(['j.value'], [name]))
    return one === undefined ? counted(database, elements, keys, holder) : [one]
  }
  const paths = database
    .prepare(
      `SELECT DISTINCT o.key AS key FROM ${elements}, json_each(j.value) o WHERE o.value IS NOT NULL LIMIT ${MOST + 1}`,
    )
    .all()
    .map(({ key }) => String(key))
  if (paths.length > MOST) return undefined
  const valueAt = (path: string): string => `json_extract(j.value, ${quoteText(`$.${JSON.stringify(path)}`)})`
  const chosen: string[] = []
  for (const path of paths) {
    const ordered = [...columns].sort((a, b) => Number(endsWith(path, b)) - Number(endsWith(path, a)))
    const one = ordered.find((name) => !chosen.includes(name) && every([valueAt(path)], [name]))
    if (one === undefined) return undefined
    chosen.push(one)
  }
  return every(paths.map(valueAt), chosen) ? chosen : undefined
}

/** The elements once each, and beside them a column that says how often each was there. */
function counted(
  database: DatabaseSync,
  elements: string,
  keys: string[],
  { source, link, columns }: ListHolder,
): string[] | undefined {
  const from = `${elements} WHERE j.value IS NOT NULL GROUP BY ${[...keys, 'j.value'].join(', ')}`
  const wanted = { values: [...keys, 'j.value', 'count(*)'], from }
  for (const value of columns)
    for (const times of columns) {
      if (value === times) continue
      const rows = { values: [...link, value, times].map((name) => column('t', name)), from: `${source} t` }
      if (database.prepare(`${rowsNotIn(wanted, [rows], true)} LIMIT 1`).get() === undefined)
        return [value, times]
    }
  return undefined
}

/** Texts that a separator parts, of which each piece became a row of `source`; the columns that hold them. */
export function textInRows(
  database: DatabaseSync,
  wanted: Wanted,
  holder: ListHolder,
  spelt: Spelt,
): string[] | undefined {
  const { source, link, columns } = holder
  const trims = spelt.words.has('trim') ? ['trim(j.value)'] : []
  const keys = link.map((_, at) => `w.k${at}`)
  for (const separator of separatorsIn(database, wanted, spelt)) {
    const pieces = `(${wanted.sql}) w, json_each(${pieceList(separator)}) j`
    for (const piece of ['j.value', ...trims]) {
      const wantedRows = { values: [...keys, piece], from: `${pieces} WHERE ${piece} <> ''` }
      if (holdsMore(database, wanted, holder, wantedRows.from)) continue
      const found = columns.find((name) => {
        const rows = { values: [...link, name].map((it) => column('t', it)), from: `${source} t` }
        return database.prepare(`${rowsNotIn(wantedRows, [rows])} LIMIT 1`).get() === undefined
      })
      if (found !== undefined) return [found]
    }
  }
  return undefined
}

/** A table that was there before has more rows of the wanted keys than there are elements: which of them they are, nothing tells. */
function holdsMore(
  database: DatabaseSync,
  wanted: Wanted,
  { source, link, shared }: ListHolder,
  elements: string,
): boolean {
  if (!shared) return false
  const keys = link.map((_, at) => `k${at}`).join(', ')
  const linked = `(${link.map((name) => column('t', name)).join(', ')}) IN (SELECT ${keys} FROM (${wanted.sql}))`
  const sql = `SELECT (SELECT count(*) FROM ${source} t WHERE ${linked}) > (SELECT count(*) FROM ${elements}) AS more`
  return database.prepare(sql).get()?.['more'] === 1
}

/** The spelt texts that part the wanted ones: a number has no pieces, and one piece is a value, not a list. */
function separatorsIn(database: DatabaseSync, { sql }: Wanted, spelt: Spelt): string[] {
  return spelt.texts
    .filter((text) => /^[^\p{L}\p{N}]{1,3}$/u.test(text))
    .slice(0, 4)
    .filter((separator) => {
      const parts = `SELECT count(CASE WHEN typeof(v) <> 'text' THEN 1 END) AS odd, count(CASE WHEN instr(v, ${quoteText(separator)}) > 0 THEN 1 END) AS lists FROM (${sql})`
      const { odd, lists } = database.prepare(parts).get() ?? {}
      return odd === 0 && lists !== 0
    })
}

/** The pieces of the text `w.v` as a JSON list. */
function pieceList(separator: string): string {
  return `CASE WHEN typeof(w.v) = 'text' THEN '[' || replace(json_quote(w.v), ${quoteText(JSON.stringify(separator).slice(1, -1))}, '","') || ']' END`
}

function onlyOf(database: DatabaseSync, { sql }: Wanted, kind: 'object' | 'array'): boolean {
  const type = `CASE WHEN typeof(w.v) = 'text' AND json_valid(w.v) THEN json_type(w.v) END`
  return (
    database.prepare(`SELECT 1 FROM (${sql}) w WHERE coalesce(${type}, '') <> '${kind}' LIMIT 1`).get() ===
    undefined
  )
}

function endsWith(path: string, name: string): boolean {
  const last = path.replace(/"$/, '').split(/[."]/).at(-1) ?? ''
  return last.toLowerCase() === name.toLowerCase()
}
