import { openConfined } from '../../d1/sqlite/confined.js'
import { quoteName, type SqlValue } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import type { ColumnSchema, TableSchema } from '../../d1/schema/schema.js'
import { collationsIn } from '../statement/collations.js'
import type { CheckComparison, TableFate } from '../evidence.js'
import { edgeValues } from './edge-values.js'

/** Rows tried for one CHECK at most. */
const MAX_ROWS = 3000

/**
 * What became of each CHECK that the table no longer has word for word: rows at its edge, made of the values that both tables' CHECKs
 * name and their neighbours, are offered to both. `samples` are values that the table holds, by column: what goes with the edges of
 * another column. A list of allowed values that only grows is `grown`.
 */
export function compareChecks(
  fate: TableFate,
  after: TableSchema,
  samples: (column: string) => SqlValue[] = () => [],
): CheckComparison[] {
  const { before } = fate
  if (before.checks.length === 0) return []
  const nowOf = (name: string): string => fate.renamedColumns.get(name.toLowerCase()) ?? name
  const kept = new Set(after.checks.map((check) => wordsOf(significantTokens(check), (name) => name)))
  return before.checks.flatMap((check) => {
    const tokens = significantTokens(check)
    if (kept.has(wordsOf(tokens, nowOf))) return []
    const columns = before.columns.filter(({ name }) => names(tokens, name))
    const now = columns.map(({ name }) => columnNamed(after, nowOf(name)))
    if (now.some((column) => column === undefined)) return []
    const others = after.checks.filter((other) =>
      now.some((column) => names(significantTokens(other), column?.name ?? '')),
    )
    const about = { check, columns: columns.map(({ name }) => name), replaced: others.length > 0 }
    if (others.some((other) => grows(tokens, significantTokens(other), nowOf)))
      return [{ ...about, outcome: 'grown' }]
    return [{ ...about, ...tryRows({ before, after, check, others, nowOf, samples }) }]
  })
}

interface Trial {
  before: TableSchema
  after: TableSchema
  check: string
  /** CHECKs of the new table on the same columns. */
  others: string[]
  nowOf: (name: string) => string
  samples: (column: string) => SqlValue[]
}

function tryRows(trial: Trial): Pick<CheckComparison, 'outcome' | 'row'> {
  const { before, after, check, others, nowOf, samples } = trial
  const tokens = [check, ...others].flatMap((text) => significantTokens(text))
  const pairs = before.columns.flatMap((was) => {
    const is = columnNamed(after, nowOf(was.name))
    const concerned = names(tokens, was.name) || (is !== undefined && names(tokens, is.name))
    return is === undefined || !concerned ? [] : [{ was, is }]
  })
  if (pairs.length === 0 || pairs.some(({ was, is }) => was.generated || is.generated))
    return { outcome: 'untried' }
  const database = openConfined(':memory:', { foreignKeys: false })
  try {
    database.exec(
      `CREATE TABLE b (${columnsOf(
        before,
        pairs.map(({ was }) => was),
      )}, CHECK (${check}))`,
    )
    const rules = others.map((other) => `, CHECK (${other})`).join('')
    const strict = after.strict ? ' STRICT' : ''
    database.exec(
      `CREATE TABLE a (${columnsOf(
        after,
        pairs.map(({ is }) => is),
        { notNull: true },
      )}${rules})${strict}`,
    )
    const slots = pairs.map(() => '?').join(', ')
    const [old, now] = ['b', 'a'].map((table) =>
      database.prepare(`INSERT OR IGNORE INTO ${table} VALUES (${slots})`),
    )
    const takes = (statement: typeof old, row: SqlValue[]): boolean => {
      try {
        return Number(statement?.run(...row).changes) === 1
      } catch {
        return false
      }
    }
    const values = pairs.map(({ was }) => [...samples(was.name), ...edgeValues(tokens)])
    let refused = false
    for (const row of rowsOf(values)) {
      if (takes(old, row)) continue
      refused = true
      if (takes(now, row)) return { outcome: 'admitted', row: described(pairs, row) }
    }
    return { outcome: refused ? 'covered' : 'untried' }
  } catch {
    // A CHECK that needs more than its columns cannot be tried alone.
    return { outcome: 'untried' }
  } finally {
    database.close()
  }
}

function columnsOf(table: TableSchema, columns: ColumnSchema[], options = { notNull: false }): string {
  const collations = collationsIn(table.sql)
  return columns
    .map(({ name, type, notNull }) => {
      const collation = collations.get(name.toLowerCase())
      return [
        quoteName(name),
        type,
        ...(collation === undefined ? [] : [`COLLATE ${collation}`]),
        ...(options.notNull && notNull ? ['NOT NULL'] : []),
      ].join(' ')
    })
    .join(', ')
}

/** Every combination, of so few values of each column that there are not too many. */
function* rowsOf(values: SqlValue[][]): Generator<SqlValue[]> {
  const each = Math.max(3, Math.floor(MAX_ROWS ** (1 / values.length)))
  const columns = values.map((column) => [...new Set(column)].slice(0, each))
  const total = columns.reduce((product, column) => product * column.length, 1)
  for (let at = 0; at < Math.min(total, MAX_ROWS); at += 1) {
    let rest = at
    yield columns.map((column) => {
      const value = column[rest % column.length] ?? null
      rest = Math.floor(rest / column.length)
      return value
    })
  }
}

function described(pairs: { was: ColumnSchema }[], row: SqlValue[]): string {
  return pairs.map(({ was }, at) => `${was.name} = ${literal(row[at] ?? null)}`).join(', ')
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`
  return typeof value === 'object' ? 'a blob' : String(value)
}

/** `state IN ('a', 'b')` that becomes `state IN ('a', 'b', 'c')`: the one change that such a CHECK is there to see. */
function grows(was: Token[], is: Token[], nowOf: (name: string) => string): boolean {
  const [old, now] = [listOf(was, nowOf), listOf(is, (name) => name)]
  if (old === undefined || now === undefined || old.frame !== now.frame) return false
  return old.values.every((value) => now.values.includes(value))
}

/** A CHECK lists the values that the column may have: what they are called is decided there. */
export function listsValues({ checks }: TableSchema, column: string): boolean {
  return checks.some((check) => {
    const tokens = significantTokens(check)
    return names(tokens, column) && listOf(tokens, (name) => name) !== undefined
  })
}

function listOf(
  tokens: Token[],
  nowOf: (name: string) => string,
): { frame: string; values: string[] } | undefined {
  const at = tokens.findIndex(
    ({ text }, position) => /^in$/i.test(text) && tokens[position + 1]?.text === '(',
  )
  const close = tokens.findIndex(({ text }, position) => position > at && text === ')')
  if (at < 0 || close < 0) return undefined
  const inside = tokens.slice(at + 2, close)
  if (inside.some(({ kind, text }) => kind !== 'string' && kind !== 'number' && text !== ','))
    return undefined
  return {
    frame: wordsOf([...tokens.slice(0, at + 1), ...tokens.slice(close + 1)], nowOf),
    values: inside.filter(({ text }) => text !== ',').map(({ text }) => text),
  }
}

/** Without quotes, case and parentheses around the whole. */
function wordsOf(tokens: Token[], nowOf: (name: string) => string): string {
  let words = tokens.map(({ kind, text }) => (kind === 'string' ? text : nowOf(unquote(text)).toLowerCase()))
  while (words[0] === '(' && closes(words) === words.length - 1) words = words.slice(1, -1)
  return words.join(' ')
}

function closes(words: string[]): number {
  let depth = 0
  return words.findIndex((word) => {
    if (word === '(') depth += 1
    if (word === ')') depth -= 1
    return depth === 0
  })
}

function names(tokens: Token[], name: string): boolean {
  return tokens.some(
    ({ kind, text }) =>
      (kind === 'word' || kind === 'name') && unquote(text).toLowerCase() === name.toLowerCase(),
  )
}

function columnNamed(table: TableSchema, name: string): ColumnSchema | undefined {
  return table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
}
