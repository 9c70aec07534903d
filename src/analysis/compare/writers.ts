import { mentions, type StatementParts } from '../statement/statement.js'
import { closingAt, depthsOf, partsAtCommas } from '../../d1/sql/parentheses.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { listsValues } from './checks.js'
import { pairsOf, type Pair } from './row-keys.js'

/** Statements that may have put the values of a column of before somewhere else: they name it, or take all columns. */
export function writersOf(
  statements: StatementEvidence[],
  fate: TableFate,
  name: string,
): StatementEvidence[] {
  const names = [name, fate.renamedColumns.get(name.toLowerCase()) ?? name]
  return statements.filter(
    ({ anatomy }) =>
      anatomy.verb !== 'alter-table' &&
      (names.some((it) => mentions(anatomy.tokens, it)) || anatomy.tokens.some(({ text }) => text === '*')),
  )
}

/** How statements wrote the values that a column has now. */
export interface Writing {
  /** Names of the column, before and now. */
  columns: string[]
  /** A statement that names it may put one word in the place of another. */
  maps: boolean
  /** Other columns of the table that a statement fills with something of it. */
  beside: string[]
  /** A statement that names it fills another table. */
  elsewhere: boolean
  /** Something other than one of its values is made of it: `lower(name)`, not `CASE name WHEN …`. */
  computes: boolean
  /** Where all that is put into it is it with something added or taken away: the other columns that say how much, and in which rows. */
  shiftedBy: Pair[]
  /** Columns within which it may number the rows: those beside it in a unique key, and those that a statement which writes it names. */
  within: Pair[][]
  /** The words that the statements spell, where a CHECK of before lists which there may be: what becomes of another word, nobody wrote down. */
  spells?: string[]
  /** What was put into it; of a copy whose list is not one for one the whole statement; none for a trigger. */
  expressions: Token[][]
}

export function writingOf(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
): (name: string) => Writing {
  return (name) => ({
    columns: columnNames(statements, fate, name),
    computes: expressionsOf(statements, fate, after, name).some(
      ({ expression, whole }) => !whole && usesOf(expression, columnNames(statements, fate, name)).computes,
    ),
    ...spelling(statements, fate, name),
    shiftedBy: pairsOf(fate, after).filter(
      ({ was, is }) =>
        was !== name &&
        shiftedBy(expressionsOf(statements, fate, after, name), columnNames(statements, fate, name)).some(
          (it) => sameName(it, was) || sameName(it, is),
        ),
    ),
    within: within(statements, fate, after, name),
    maps: mapsWords(statements, fate, name),
    beside: after.columns
      .map((it) => it.name)
      .filter(
        (other) =>
          !sameName(other, fate.renamedColumns.get(name.toLowerCase()) ?? name) &&
          expressionsOf(statements, fate, after, other).some(({ expression }) => mentions(expression, name)),
      ),
    elsewhere: writersOf(statements, fate, name).some(
      ({ anatomy }) =>
        (anatomy.copies || anatomy.verb === 'update') &&
        mentions(anatomy.tokens, name) &&
        fate.copiedTo.some((table) => !sameName(table, after.name) && sameName(table, anatomy.target ?? '')),
    ),
    expressions: expressionsOf(statements, fate, after, name).map(({ expression }) => expression),
  })
}

function within(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  name: string,
): Pair[][] {
  const others = pairsOf(fate, after).filter(({ was }) => was !== name)
  const unique = fate.before.indexes.filter((index) => index.unique && !index.partial)
  const keys = [fate.before.primaryKey, ...unique.map(({ columns }) => columns)]
    .filter((columns) => columns.includes(name))
    .map((columns) => others.filter(({ was }) => columns.includes(was)))
  const tokens = writersOf(statements, fate, name).flatMap(({ anatomy }) => anatomy.tokens)
  const named = others.filter(({ was, is }) => mentions(tokens, was) || mentions(tokens, is))
  return [...keys, named, ...named.map((pair) => [pair])].filter((pairs) => pairs.length > 0)
}

function spelling(statements: StatementEvidence[], fate: TableFate, name: string): Pick<Writing, 'spells'> {
  if (!listsValues(fate.before, name)) return {}
  const tokens = writersOf(statements, fate, name).flatMap(({ anatomy }) => anatomy.tokens)
  return { spells: tokens.filter(({ kind }) => kind === 'string').map(({ text }) => text) }
}

function shiftedBy(
  written: { statement: StatementEvidence; expression: Token[] }[],
  names: string[],
): string[] {
  const telling = written.flatMap(({ statement, expression }) => {
    const { conditions, values } = armsOf(expression)
    if (!values.every((value) => isShift(value, names))) return [undefined]
    const own = withoutQueries(statement.anatomy.tokens)
    const where = own.findIndex(({ text }) => /^where$/i.test(text))
    const said = [...values.flat(), ...conditions, ...(where < 0 ? [] : own.slice(where))]
    return said.filter(isName).map(({ text }) => unquote(text).toLowerCase())
  })
  return telling.includes(undefined) ? [] : telling.flatMap((it) => it ?? [])
}

/** Of a CASE what it asks and what it gives; of anything else itself. */
function armsOf(expression: Token[]): { conditions: Token[]; values: Token[][] } {
  if (!/^case$/i.test(expression[0]?.text ?? '')) return { conditions: [], values: [expression] }
  const conditions: Token[] = []
  const values: Token[][] = []
  let given = false
  for (const token of expression.slice(1)) {
    given = /^(?:then|else)$/i.test(token.text) || (given && !/^(?:when|end)$/i.test(token.text))
    if (/^(?:then|else)$/i.test(token.text)) values.push([])
    else if (given) values.at(-1)?.push(token)
    else conditions.push(token)
  }
  return { conditions, values }
}

/** `pos + 1`, `price * 100`, `balance - fee`, `'x-' || code`: with what is beside it, the old value follows from the new one. */
function isShift(value: Token[], names: string[]): boolean {
  const plain = value.filter(({ text }, at) => text !== '.' && value[at + 1]?.text !== '.')
  const own = plain.filter(
    (token) => isName(token) && names.some((name) => sameName(name, unquote(token.text))),
  )
  if (own.length !== 1) return false
  return plain.every((token, at) => {
    const { kind, text } = token
    const by = plain[at + (at === 0 ? 1 : -1)]?.text
    if (at % 2 === 1) return /^(?:\+|-|\*|\|\|)$/.test(text)
    if (own.includes(token)) return true
    if (kind === 'number') return Number(text) !== 0
    return kind === 'string' ? by === '||' : isName(token) && (by === '+' || by === '-')
  })
}

function isName({ kind, text }: Token): boolean {
  return kind === 'name' || (kind === 'word' && !/^(?:null|true|false|current_\w+)$/i.test(text))
}

/** What statements put into a column of before; of a copy whose list is not one for one the whole statement. */
export function expressionsOf(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  name: string,
): { statement: StatementEvidence; expression: Token[]; whole: boolean }[] {
  const all = after.columns.filter(({ generated }) => !generated).map((it) => it.name)
  const columns = columnNames(statements, fate, name)
  const tables = [fate.before.name, after.name]
  return statements
    .filter(
      ({ anatomy }) =>
        tables.some((table) => sameName(table, anatomy.target ?? '')) ||
        (fate.how !== 'kept' && anatomy.copies),
    )
    .flatMap((statement) => {
      const { anatomy } = statement
      const set = assignments(anatomy.tokens).filter((it) =>
        columns.some((column) => sameName(column, it.column)),
      )
      const [copied] = columns
        .map((column) => selectedFor(anatomy, column, all))
        .filter((it) => it.length > 0)
      const found = [
        ...set.map(({ value }) => ({ expression: upToComma(value), whole: false })),
        ...(anatomy.copies ? [{ expression: copied ?? anatomy.tokens, whole: copied === undefined }] : []),
      ]
      return found.map((one) => ({ statement, ...one }))
    })
}

/** What a column of before is called afterwards and was called on the way: a column that takes its name was written under another one. */
export function columnNames(statements: StatementEvidence[], fate: TableFate, name: string): string[] {
  const tables = [fate.before.name, fate.after?.name ?? fate.before.name]
  let current = fate.renamedColumns.get(name.toLowerCase()) ?? name
  const found = [name, current]
  for (const { anatomy } of [...statements].reverse()) {
    const { alteration, target = '' } = anatomy
    if (alteration?.kind !== 'rename-column' || !sameName(alteration.to, current)) continue
    if (!tables.some((table) => sameName(table, target))) continue
    current = alteration.from
    found.push(current)
  }
  return found.filter((one, at) => found.findIndex((other) => sameName(one, other)) === at)
}

/** Whether a statement that names the column may put one word in the place of another: `CASE`, `iif`. */
function mapsWords(statements: StatementEvidence[], fate: TableFate, name: string): boolean {
  return writersOf(statements, fate, name).some(({ anatomy }) =>
    anatomy.tokens.some(({ text }) => /^(?:case|iif|if)$/i.test(text)),
  )
}

/** Whether a statement writes rows of a table, by itself or through a trigger. */
export function writes({ touches }: StatementEvidence, table: string): boolean {
  return touches.some(({ table: to, how }) => how !== 'read' && to.toLowerCase() === table.toLowerCase())
}

/** Columns that a statement fills: those that an UPDATE sets, or that an INSERT lists. Undefined: all. */
export function columnsFilled({ verb, tokens, target }: StatementParts): string[] | undefined {
  if (verb === 'update') return assignments(tokens).map(({ column }) => column)
  const at = tokens.findIndex(({ text }) => unquote(text).toLowerCase() === target?.toLowerCase())
  if (verb !== 'insert' || tokens[at + 1]?.text !== '(') return undefined
  const close = tokens.findIndex(({ text }, index) => index > at && text === ')')
  return tokens
    .slice(at + 2, close)
    .filter(({ text }) => text !== ',')
    .map(({ text }) => unquote(text))
}

/** The names in the expression that an INSERT … SELECT puts into a column; none where the list has a star or is not one for one. */
export function mentionedFor(statement: StatementParts, column: string, all: string[]): string[] {
  return selectedFor(statement, column, all)
    .filter(({ kind }) => kind === 'word' || kind === 'name')
    .map(({ text }) => unquote(text))
}

/** The expression that an INSERT … SELECT puts into a column, `all` of which it fills where it lists none; empty as above. */
export function selectedFor(statement: StatementParts, column: string, all: string[]): Token[] {
  const columns = columnsFilled(statement) ?? all
  const at = columns.findIndex((name) => name.toLowerCase() === column.toLowerCase())
  const expressions = selected(statement.tokens)
  return at < 0 || expressions.length !== columns.length ? [] : (expressions[at] ?? [])
}

/** A statement without the queries in its parentheses. */
export function withoutQueries(tokens: Token[]): Token[] {
  const open = tokens.findIndex(({ text }, at) => text === '(' && isSelect(tokens[at + 1]))
  const close = open < 0 ? -1 : closingAt(tokens, open)
  return close < 0 ? tokens : [...tokens.slice(0, open), ...withoutQueries(tokens.slice(close + 1))]
}

export function isSelect(token: Token | undefined): boolean {
  return /^select$/i.test(token?.text ?? '')
}

/** The tokens of one value in a list of them. */
export function upToComma(value: Token[]): Token[] {
  const depths = depthsOf(value)
  const end = value.findIndex(
    ({ text }, at) => depths[at] === 0 && /^(?:\)|,|;|where|from|returning)$/i.test(text),
  )
  return end < 0 ? value : value.slice(0, end)
}

/** The expressions of the first SELECT of a statement that no parenthesis encloses. */
function selected(tokens: Token[]): Token[][] {
  const start = tokens.findIndex(({ text }) => /^select$/i.test(text))
  const rest = tokens.slice(start + 1)
  const depths = depthsOf(rest)
  const end = rest.findIndex(({ text }, at) => depths[at] === 0 && /^(?:from|union|;|\))$/i.test(text))
  const found = partsAtCommas(end < 0 ? rest : rest.slice(0, end))
  return start < 0 || found.some(([first]) => first?.text === '*') ? [] : found
}

export interface Assignment {
  column: string
  /** What follows the equals sign, up to the end of the statement. */
  value: Token[]
}

/** The assignments of an UPDATE, or of an upsert's DO UPDATE. */
export function assignments(tokens: Token[]): Assignment[] {
  const start = tokens.findIndex(({ text }) => /^set$/i.test(text))
  if (start < 0) return []
  const found: Assignment[] = []
  let depth = 0
  for (let at = start + 1; at < tokens.length; at += 1) {
    const text = tokens[at]?.text ?? ''
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    if (depth === 0 && /^(?:where|from|returning)$/i.test(text)) break
    const begins = at === start + 1 || (depth === 0 && tokens[at - 1]?.text === ',')
    if (begins && tokens[at + 1]?.text === '=')
      found.push({ column: unquote(text), value: tokens.slice(at + 2) })
  }
  return found
}

/**
 * What an expression does with one of these columns: gives it as it is, by itself, or as what `coalesce`, `CASE` or a subquery chooses; or
 * makes something else of it. A `replace` that spells one word for another chooses too. What it says in a condition makes no value.
 */
function usesOf(expression: Token[], names: string[]): { passes: boolean; computes: boolean } {
  const open = [{ call: '', condition: false, test: false }]
  let passes = false
  let computes = false
  for (const [at, { kind, text }] of expression.entries()) {
    const before = expression[at - 1]?.text ?? ''
    const level = open.at(-1)
    if (level === undefined) return { passes, computes: true }
    if (text === '(') {
      const chooses = /^(?:iif|if)$/i.test(before)
      const call = chooses || spellsAnother(expression, at) ? 'coalesce' : before
      open.push({ call, condition: level.condition || chooses, test: chooses })
    }
    if (text === ')') open.pop()
    if (text === ',' && level.test) level.condition = false
    if (/^(?:case|when|from)$/i.test(text)) level.condition = true
    if (/^(?:then|else|end)$/i.test(text)) level.condition = false
    const named = (kind === 'word' || kind === 'name') && names.some((name) => sameName(name, unquote(text)))
    if (!named || level.condition) continue
    const chosen = open.every(({ call }) => /^(?:coalesce|ifnull|nullif|then|else|[(,]|)$/i.test(call))
    const first = before === '.' ? (expression[at - 3]?.text ?? '') : before
    const next = expression[at + 1]?.text ?? ''
    if (next === '.') continue
    if (
      !chosen ||
      !/^(?:|[(,]|then|else|select)$/i.test(first) ||
      !/^(?:|[),]|when|else|end|from)$/i.test(next)
    )
      computes = true
    else passes = true
  }
  return { passes, computes }
}

/** Whether the parenthesis at `at` is that of `replace(…, 'this', 'that')`: nothing is cut away, and what becomes what is written there. */
function spellsAnother(expression: Token[], at: number): boolean {
  if (!/^replace$/i.test(expression[at - 1]?.text ?? '')) return false
  const close = closingAt(expression, at)
  const [comma, was, between, is] = expression.slice(close - 4, close)
  const words = [was, is].every((token) => token?.kind === 'string' && token.text !== "''")
  return comma?.text === ',' && between?.text === ',' && words
}

/** Columns of `all` into which a statement puts one of `names` as it is, in some rows at least. */
export function passedBy(statement: StatementParts, names: string[], all: string[]): string[] {
  return all.filter((column) => {
    const set = assignments(statement.tokens).filter((it) => sameName(it.column, column))
    const copied = statement.copies ? selectedFor(statement, column, all) : []
    return [...set.map(({ value }) => upToComma(value)), copied].some((it) => {
      const { passes, computes } = usesOf(it, names)
      return passes && !computes
    })
  })
}

/** Columns that an UPDATE sets to another column as it is. */
export function copiedBy({ verb, tokens }: StatementParts, names: string[]): string[] {
  if (verb !== 'update') return []
  return assignments(tokens)
    .filter(({ value }) => {
      const [first, second] = value
      const ends = second === undefined || /^(?:,|;|where|from|returning)$/i.test(second.text)
      return ends && names.some((name) => unquote(first?.text ?? '').toLowerCase() === name.toLowerCase())
    })
    .map(({ column }) => column)
}
