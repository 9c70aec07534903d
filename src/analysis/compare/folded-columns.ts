import { sameName } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { Token } from '../../d1/sql/tokens.js'
import type { Folding } from './folded-rows.js'
import { column, isUniqueAmong, lostAmong, number } from './row-keys.js'
import { selectedFor, writes } from './writers.js'

/**
 * Where rows of an owner, a name and a value are columns of the owner's row now, one for each name that a copy spells and called after it:
 * `max(CASE WHEN name = 'color' THEN value END) AS color`.
 */
export const foldedColumns: Folding = ({ database, statements }, { before }, rows, copies, spare) => {
  const columns = before.columns
    .filter(({ name, generated }) => !generated && name !== spare)
    .map(({ name }) => name)
  if (columns.length !== 3) return undefined
  const all = number(database, `SELECT count(*) AS n FROM ${rows}`)
  for (const table of copies) {
    const [key, ...more] = table.primaryKey
    if (key === undefined || more.length > 0) continue
    const insertable = table.columns.filter(({ generated }) => !generated).map(({ name }) => name)
    const spelt = statements
      .filter(({ anatomy }) => anatomy.copies)
      .filter((statement) => writes(statement, table.name))
      .flatMap(({ anatomy }) =>
        insertable.flatMap((into) => {
          const texts = textsIn(selectedFor(anatomy, into, insertable))
          const [text] = texts
          return text === undefined || texts.length > 1 || !isCalled(into, text) ? [] : [{ into, text }]
        }),
      )
    if (spelt.length === 0) continue
    for (const owner of columns)
      for (const named of columns.filter((it) => it !== owner)) {
        const value = columns.find((it) => it !== owner && it !== named) ?? ''
        if (!isUniqueAmong(before, (it) => sameName(it, owner) || sameName(it, named))) continue
        const held = spelt
          .map(
            ({ into, text }) =>
              `(${column('b', named)} = ${text} AND ${column('t', into)} IS +${column('b', value)})`,
          )
          .join(' OR ')
        const there = `SELECT 1 FROM main.${quoteName(table.name)} t WHERE ${column('t', key)} = ${column('b', owner)} AND ${column('b', value)} IS NOT NULL AND (${held})`
        const gone = lostAmong(database, rows, `NOT EXISTS (${there})`)
        if (gone.lost * 2 <= all)
          return {
            into: spelt.map(({ into }) => `${table.name}.${into}`).join(', '),
            table: table.name,
            ...gone,
          }
      }
  }
  return undefined
}

/** The column says which name it stands for: `home_phone` for 'home'. */
function isCalled(name: string, text: string): boolean {
  const [called, spelt] = [name, text].map((it) => it.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, ''))
  return called !== undefined && spelt !== undefined && spelt !== '' && called.includes(spelt)
}

/** The texts that an expression spells, as SQL. */
function textsIn(tokens: Token[]): string[] {
  return tokens.filter(({ kind, text }) => kind === 'string' && text.startsWith("'")).map(({ text }) => text)
}
