import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { closingAt, depthsOf } from '../../d1/sql/parentheses.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { column, type Pair } from './row-keys.js'
import { assignments, selectedFor, upToComma } from './writers.js'

/** UPDATEs whose calculations are put into each other; of more the expression would outgrow what SQLite parses. */
const MOST = 4

/**
 * The key under which a row of before is found where statements gave all of them another one that they calculate from the row itself:
 * `UPDATE … SET id = id + 100`, or a copy that selects `id + 100`. Undefined where it is calculated from anything else, or not at all.
 */
export function newKeyExpression(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
): Pair[] | undefined {
  const key = fate.before.primaryKey.flatMap((was) => pairs.find((pair) => pair.was === was) ?? [])
  if (key.length === 0 || key.length < fate.before.primaryKey.length)
    return madeKey(statements, fate, after, pairs)
  const kept = fate.how === 'kept'
  const writers = kept ? updatesOf(statements, fate) : copiesOf(statements, fate, after)
  const setting = kept ? writers.filter((statement) => setsSome(statement, key)) : writers
  const [writer] = setting
  if (writer === undefined || setting.length > (kept ? MOST : 1)) return undefined
  const row = kept ? updated(writers, fate) : undefined
  const found = key.flatMap((pair): Pair[] => {
    const sql = row === undefined ? copied(writer, fate, after, pair) : row(pair.was)
    return sql === undefined ? [] : [{ ...pair, by: sql }]
  })
  return found.length === key.length ? found : undefined
}

/** The key of a rebuilt table that its one copy makes of columns of the row, as `sku || ':' || code`, where the one of before is gone. */
function madeKey(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
): Pair[] | undefined {
  const [is, ...more] = after.primaryKey
  const [first] = fate.before.primaryKey
  const [writer, ...others] = fate.how === 'kept' ? [] : copiesOf(statements, fate, after)
  if (is === undefined || first === undefined || writer === undefined) return undefined
  if (more.length > 0 || others.length > 0) return undefined
  const was = pairs.find((pair) => pair.is === is)?.was ?? first
  const all = after.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  // One column as it is makes no key of several.
  if (!selectedFor(writer.anatomy, is, all).some(({ text }) => text === '||')) return undefined
  const by = copied(writer, fate, after, { was, is })
  return by === undefined ? undefined : [{ was, is, by }]
}

/** What a column of the row `alias` became, as SQL. */
type Written = (alias: string) => string
/** The same of each column; undefined for one that was made of something else than the row. */
type WrittenRow = (column: string) => Written | undefined

function updatesOf(statements: StatementEvidence[], { before }: TableFate): StatementEvidence[] {
  return statements.filter(
    ({ anatomy, changes }) =>
      anatomy.verb === 'update' && changes > 0 && sameName(anatomy.target ?? '', before.name),
  )
}

function setsSome({ anatomy }: StatementEvidence, key: Pair[]): boolean {
  return assignments(anatomy.tokens).some((set) => key.some(({ was }) => sameName(was, set.column)))
}

/** Copies into the table that takes the place, whatever it was called then, from this one alone. */
function copiesOf(
  statements: StatementEvidence[],
  { before }: TableFate,
  after: TableSchema,
): StatementEvidence[] {
  const names = new Set([after.name.toLowerCase()])
  for (const { anatomy } of [...statements].reverse()) {
    const { alteration, target = '' } = anatomy
    if (alteration?.kind === 'rename-table' && names.has(alteration.to.toLowerCase()))
      names.add(target.toLowerCase())
  }
  const copies = statements.filter(
    ({ anatomy }) =>
      anatomy.verb === 'insert' && anatomy.copies && names.has((anatomy.target ?? '').toLowerCase()),
  )
  // A foreign key reads its parent, which the statement does not name.
  const alone = copies.every(({ touches, anatomy }) =>
    touches.every(
      ({ how, table }) => how !== 'read' || sameName(table, before.name) || !mentions(anatomy.tokens, table),
    ),
  )
  return alone ? copies : []
}

function updated(statements: StatementEvidence[], { before }: TableFate): WrittenRow {
  const set = new Map<string, Written | undefined>()
  const row: WrittenRow = (name) =>
    set.has(name.toLowerCase()) ? set.get(name.toLowerCase()) : (alias) => column(alias, name)
  for (const { anatomy } of statements) {
    const reads = anatomy.tokens.some(({ text }) => /^(?:select|from)$/i.test(text))
    const where = anatomy.tokens.findIndex(({ text }) => /^where$/i.test(text))
    const condition =
      where < 0
        ? () => '1'
        : ofRow(
            anatomy.tokens.slice(where + 1).filter(({ text }) => text !== ';'),
            before,
            row,
          )
    const values = assignments(anatomy.tokens).map(
      ({ column: name, value }): [string, Written | undefined] => {
        const [now, was] = [ofRow(upToComma(value), before, row), row(name)]
        if (reads || condition === undefined || now === undefined || was === undefined)
          return [name, undefined]
        return [
          name,
          where < 0
            ? now
            : (alias) => `CASE WHEN ${condition(alias)} THEN ${now(alias)} ELSE ${was(alias)} END`,
        ]
      },
    )
    for (const [name, value] of values) set.set(name.toLowerCase(), value)
  }
  return row
}

function copied(
  { anatomy }: StatementEvidence,
  fate: TableFate,
  after: TableSchema,
  { is }: Pair,
): Written | undefined {
  const all = after.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  const value = selectedFor(anatomy, is, all)
  return value.length === 0 ? undefined : ofRow(value, fate.before)
}

const WORDS =
  /^(?:case|when|then|else|end|and|or|not|null|is|in|between|like|cast|as|integer|int|text|real|numeric)$/i
const FUNCTIONS =
  /^(?:cast|lower|upper|trim|ltrim|rtrim|substr|substring|replace|printf|format|hex|coalesce|ifnull|nullif|abs|round|length|instr|iif|min|max)$/i

/** The expression with its columns those of one row; undefined where it reads anything but the row. */
function ofRow(
  tokens: Token[],
  { columns }: TableSchema,
  row: WrittenRow = (name) => (alias) => column(alias, name),
): Written | undefined {
  const parts: (string | Written)[] = []
  for (const [at, { kind, text }] of tokens.entries()) {
    const next = tokens[at + 1]?.text
    if (next === '.' || text === '.') continue
    const name = columns.find((it) => sameName(it.name, unquote(text)))?.name
    const isName = kind === 'name' || kind === 'word'
    if (next === '(' && /^(?:min|max)$/i.test(text) && !hasSeveral(tokens, at + 1)) return undefined
    if (isName && next !== '(' && name !== undefined) {
      const value = row(name)
      if (value === undefined) return undefined
      parts.push(value)
    } else if (isName && !(next === '(' ? FUNCTIONS : WORDS).test(text)) {
      // `IN (`, `AND (`.
      if (next !== '(' || !WORDS.test(text)) return undefined
      parts.push(text)
    } else parts.push(text)
  }
  return (alias) => `(${parts.map((part) => (typeof part === 'string' ? part : part(alias))).join(' ')})`
}

/** Several arguments: max(a, b) is of one row, max(a) of many. */
function hasSeveral(tokens: Token[], open: number): boolean {
  const inside = tokens.slice(open + 1, closingAt(tokens, open))
  const depths = depthsOf(inside)
  return inside.some(({ text }, at) => text === ',' && depths[at] === 0)
}
