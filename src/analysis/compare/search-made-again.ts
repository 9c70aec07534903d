import {
  sameName,
  type DetailedCatalog,
  type TableSchema,
  type TriggerSchema,
} from '../../d1/schema/schema.js'
import { closingAt, enclosed, partsAtCommas } from '../../d1/sql/parentheses.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { writtenBy } from '../statement/search-triggers.js'

/** What the columns of an index are called after the columns of its table were renamed; undefined for one that is gone. */
type NameOf = (column: string) => string | undefined

/**
 * Statements that make an external-content index again for what its table and columns are called now, with the triggers that name its
 * columns; none where that cannot be written. The index itself is left as it is.
 */
export function madeAgain(
  { after, fates }: { after: DetailedCatalog; fates: TableFate[] },
  index: TableSchema,
): string[] {
  const { search } = index
  const fate =
    search?.kind === 'table' ? fates.find((one) => sameName(one.before.name, search.table)) : undefined
  if (fate?.after === undefined) return []
  const { before, renamedColumns, after: now } = fate
  const nameOf: NameOf = (column) => {
    const known = before.columns.some(({ name }) => sameName(name, column))
    const wanted = renamedColumns.get(column.toLowerCase()) ?? column
    return known ? now.columns.find(({ name }) => sameName(name, wanted))?.name : column
  }
  const create = createdFor(index, now.name, nameOf)
  if (create === undefined) return []
  const triggers = [...after.triggers.values()]
    .filter((trigger) => writtenBy(trigger).some((name) => sameName(name, index.name)))
    .map((trigger) => ({ trigger, sql: withNames(trigger, index.name, nameOf) }))
    .filter(({ trigger, sql }) => sql !== trigger.sql)
  return [
    ...triggers.map(({ trigger }) => `DROP TRIGGER ${quoteName(trigger.name)}`),
    `DROP TABLE ${quoteName(index.name)}`,
    create,
    `INSERT INTO ${quoteName(index.name)} (${quoteName(index.name)}) VALUES ('rebuild')`,
    ...triggers.map(({ sql }) => sql),
  ]
}

/** The CREATE VIRTUAL TABLE with other names of the table and columns; undefined where no column is left, or it is not understood. */
function createdFor({ sql, name }: TableSchema, table: string, nameOf: NameOf): string | undefined {
  const tokens = significantTokens(sql)
  const using = tokens.findIndex(({ text }) => /^using$/i.test(text))
  const inside = using < 0 ? undefined : enclosed(tokens, using + 2)
  if (inside === undefined) return undefined
  const text = (part: Token[]): string =>
    sql.slice(part[0]?.start, (part.at(-1)?.start ?? 0) + (part.at(-1)?.text.length ?? 0))
  let columns = 0
  const parts = partsAtCommas(inside).flatMap((part): string[] => {
    const [first, second, third] = part
    if (first === undefined) return []
    if (second?.text === '=') {
      const option = first.text.toLowerCase()
      if (option === 'content') return [`content=${quoteName(table)}`]
      const rowid = option === 'content_rowid' ? nameOf(unquote(third?.text ?? '')) : undefined
      return [rowid === undefined ? text(part) : `content_rowid=${quoteName(rowid)}`]
    }
    const column = nameOf(unquote(first.text))
    if (column === undefined) return []
    columns += 1
    const same = sameName(column, unquote(first.text))
    return [[same ? first.text : quoteName(column), text(part.slice(1))].filter((it) => it !== '').join(' ')]
  })
  return columns === 0 ? undefined : `CREATE VIRTUAL TABLE ${quoteName(name)} USING fts5(${parts.join(', ')})`
}

/** A trigger with the index's columns of now in the lists of what it inserts there. */
function withNames({ sql }: TriggerSchema, index: string, nameOf: NameOf): string {
  const tokens = significantTokens(sql)
  const isList = (open: number): boolean =>
    tokens[open]?.text === '(' &&
    /^into$/i.test(tokens[open - 2]?.text ?? '') &&
    sameName(unquote(tokens[open - 1]?.text ?? ''), index)
  const renamed = tokens.flatMap((_, open) => {
    if (!isList(open)) return []
    return tokens.slice(open + 1, closingAt(tokens, open)).flatMap((token) => {
      const was = unquote(token.text)
      const is = nameOf(was)
      return is === undefined || sameName(is, was) ? [] : [{ token, is }]
    })
  })
  return renamed.reduceRight(
    (text, { token, is }) =>
      text.slice(0, token.start) + quoteName(is) + text.slice(token.start + token.text.length),
    sql,
  )
}
