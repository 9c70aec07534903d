import { sameName } from '../../d1/schema/schema.js'
import { quoteName, quoteText } from '../../d1/sqlite/sqlite.js'
import { closingAt } from '../../d1/sql/parentheses.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import type { Folding } from './folded-rows.js'
import { column, isUniqueAmong, lostAmong, number } from './row-keys.js'
import { writes } from './writers.js'

/** Rows among which equal ones are counted for each at most. */
const COUNTED = 5000

/**
 * Where rows that are gone are elements of a list of their owner now, a JSON array of values or objects or a text of pieces, in the row
 * whose key one of their columns is: each as a whole, and equal ones as often as they were.
 */
export const foldedLists: Folding = ({ database, statements }, { before }, rows, copies, spare) => {
  const columns = before.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  const all = number(database, `SELECT count(*) AS n FROM ${rows}`)
  for (const table of copies) {
    const [key, ...more] = table.primaryKey
    if (key === undefined || more.length > 0) continue
    const makers = statements.filter(
      (statement) =>
        (statement.anatomy.copies || statement.anatomy.verb === 'update') && writes(statement, table.name),
    )
    for (const { anatomy } of makers) {
      const lists = listsIn(anatomy.tokens, columns)
      for (const owner of columns) {
        const rest = columns.filter((name) => name !== owner)
        const list = lists.find(({ members }) =>
          rest.every((name) => name === spare || members.some((member) => sameName(member.column, name))),
        )
        if (list === undefined || rest.length === 0) continue
        for (const { name } of table.columns) {
          const t = column('t', name)
          const link = `${column('t', key)} = ${column('b', owner)}`
          const found = `SELECT ${list.count(t)} FROM main.${quoteName(table.name)} t WHERE ${link}`
          const alike = list.members.map((it) => `${column('o', it.column)} IS ${column('b', it.column)}`)
          const known = [owner, ...list.members.map((it) => it.column)]
          const once = isUniqueAmong(before, (one) => known.some((it) => sameName(it, one)))
          if (!once && all > COUNTED) continue
          const wanted = once
            ? 'SELECT 1'
            : `SELECT count(*) FROM prior.${quoteName(before.name)} o WHERE ${column('o', owner)} IS ${column('b', owner)} AND ${alike.join(' AND ')}`
          const gone = lostAmong(database, rows, `coalesce((${found}), 0) < (${wanted})`)
          if (gone.lost < all) return { into: `${table.name}.${name}`, table: table.name, ...gone }
        }
      }
    }
  }
  return undefined
}

/** A list that a statement makes: which columns an element holds, and how often the row `b` is in a list. */
interface MadeList {
  members: { column: string; key?: string }[]
  count: (list: string) => string
}

function listsIn(tokens: Token[], columns: string[]): MadeList[] {
  return tokens.flatMap(({ text }, at): MadeList[] => {
    const word = text.toLowerCase()
    if (!/^(?:jsonb?_group_array|group_concat|string_agg)$/.test(word) || tokens[at + 1]?.text !== '(')
      return []
    const inside = callAt(tokens, at + 1)
    const [first] = inside
    if (first === undefined) return []
    if (word.startsWith('json') && /^jsonb?_object$/i.test(first.text)) return objects(inside, columns)
    const [value, comma, separator] = columnFirst(inside)
    const name = columns.find((it) => sameName(it, value ?? ''))
    if (name === undefined) return []
    const v = column('b', name)
    if (word.startsWith('json'))
      return comma !== undefined
        ? []
        : [{ members: [{ column: name }], count: (list) => elements(list, `j.value IS +${v}`) }]
    const by = comma === undefined ? ',' : separator === undefined ? undefined : unquote(separator)
    return by === undefined || by === ''
      ? []
      : [{ members: [{ column: name }], count: (list) => pieces(list, v, quoteText(by)) }]
  })
}

/** The tokens between a parenthesis and the one that closes it. */
function callAt(tokens: Token[], open: number): Token[] {
  return tokens.slice(open + 1, closingAt(tokens, open))
}

/** A column, qualified or not, a comma, and what follows; nothing where an expression stands there. */
function columnFirst(tokens: Token[]): (string | undefined)[] {
  const rest = tokens[1]?.text === '.' ? tokens.slice(2) : tokens
  const [name, comma, separator, ...more] = rest
  if (name === undefined || more.length > 0 || (comma !== undefined && comma.text !== ',')) return []
  return [unquote(name.text), comma?.text, separator?.kind === 'string' ? separator.text : undefined]
}

/** json_object('id', id, 'tag', t.tag): each member a column as it is. */
function objects(inside: Token[], columns: string[]): MadeList[] {
  const members = callAt(inside, 1).flatMap(({ kind, text }, at, all) => {
    if (kind !== 'string' || !/^[(,]?$/.test(all[at - 1]?.text ?? '') || all[at + 1]?.text !== ',') return []
    const dotted = all[at + 3]?.text === '.'
    const name = columns.find((it) => sameName(it, unquote(all[at + (dotted ? 4 : 2)]?.text ?? '')))
    const end = all[at + (dotted ? 5 : 3)]?.text ?? ','
    return name === undefined || end !== ',' ? [] : [{ column: name, key: unquote(text) }]
  })
  const same = members.map(
    ({ column: name, key }) =>
      `json_extract(j.value, ${quoteText(`$.${JSON.stringify(key)}`)}) IS +${column('b', name)}`,
  )
  return same.length === 0
    ? []
    : [{ members, count: (list) => elements(list, `j.type = 'object' AND ${same.join(' AND ')}`) }]
}

function elements(list: string, condition: string): string {
  const document = `CASE WHEN typeof(${list}) = 'text' AND json_valid(${list}) AND json_type(${list}) = 'array' THEN ${list} END`
  return `(SELECT count(*) FROM json_each(${document}) j WHERE ${condition})`
}

/** How often a piece stands between its separators, each of which is written twice here, so that none ends two pieces. */
function pieces(list: string, value: string, separator: string): string {
  const doubled = `replace(${separator} || ${list} || ${separator}, ${separator}, ${separator} || ${separator})`
  const piece = `${separator} || ${value} || ${separator}`
  const plain = `typeof(${value}) = 'text' AND ${value} <> '' AND instr(${value}, ${separator}) = 0`
  return `CASE WHEN ${plain} THEN (length(${doubled}) - length(replace(${doubled}, ${piece}, ''))) / length(${piece}) END`
}
