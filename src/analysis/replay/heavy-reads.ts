import { defined } from '../../contract/defined.js'
import type { DatabaseSync } from 'node:sqlite'
import { openConfined } from '../../d1/sqlite/confined.js'
import { quoteName, cellText } from '../../d1/sqlite/sqlite.js'
import { parseStatements } from '../../d1/sql/statements.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementParts } from '../statement/statement.js'
import { sameName, type DetailedCatalog } from '../../d1/schema/schema.js'
import type { HeavyReads } from '../evidence.js'
import { isNested, planCost, queryPlan } from './query-plan.js'

/** Rows from which on the reading of one statement is told: a fifth of what a free account may read in a day. */
export const MANY_ROWS = 1_000_000

/** Fewer rows than these fire no trigger often enough. */
const FEW = 100

/** What a statement reads, before it runs, where it reads a table from the start for each row of another. */
export function readsOf(
  database: DatabaseSync,
  sql: string,
  anatomy: StatementParts,
): HeavyReads | undefined {
  const concerned = /^(?:update|delete)$/.test(anatomy.verb) || anatomy.copies
  if (!concerned) return undefined
  return heavy(database, sql, significantTokens(sql), 1)
}

/** What the triggers that a statement fires read, after it ran and `changes` rows are known. */
export function triggerReads(
  database: DatabaseSync,
  { verb, target }: StatementParts,
  changes: number,
): HeavyReads | undefined {
  if (changes < FEW || target === undefined || !/^(?:insert|update|delete)$/.test(verb)) return undefined
  const triggers = database
    .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE`)
    .all(target)
  const found = triggers.flatMap((row) => {
    const [name, sql] = [cellText(row['name']), cellText(row['sql'])]
    const tokens = significantTokens(sql)
    const begin = tokens.findIndex(({ text }) => /^begin$/i.test(text))
    const fires = tokens.slice(0, begin).some(({ text }) => text.toLowerCase() === verb)
    const last = tokens.findLast(({ text }) => /^end$/i.test(text))
    const first = tokens[begin + 1]
    if (!fires || first === undefined || last === undefined) return []
    return parseStatements(sql.slice(first.start, last.start)).statements.flatMap((statement) => {
      const reads = heavy(database, unbound(statement.sql), significantTokens(statement.sql), changes)
      return reads === undefined ? [] : [{ ...reads, trigger: name }]
    })
  })
  return found.sort((a, b) => b.rows - a.rows)[0]
}

/** What foreign keys read: each row that goes is looked for in the tables that reference it, from the start where no index helps. */
export function keyReads(
  database: DatabaseSync,
  catalog: DetailedCatalog,
  target: string,
  deleted: number,
  rowsBefore: (table: string) => number | undefined,
): HeavyReads | undefined {
  const found = [...catalog.tables.values()].flatMap((child) =>
    child.foreignKeys.flatMap((key): HeavyReads[] => {
      const indexed = [child.primaryKey, ...child.indexes.map(({ columns }) => columns)].some((columns) =>
        sameName(columns[0] ?? '', key.columns[0] ?? ''),
      )
      if (!sameName(key.target, target) || indexed) return []
      const tableRows = rowsBefore(child.name) ?? countOf(database, child.name)
      const rows = deleted * tableRows
      if (rows < MANY_ROWS) return []
      return [
        {
          rows,
          table: child.name,
          tableRows,
          times: deleted,
          key: target,
          index: creation(child.name, key.columns),
        },
      ]
    }),
  )
  return found.sort((a, b) => b.rows - a.rows)[0]
}

/** Whether so many rows go that {@link keyReads} is worth asking. */
export function isMany(deleted: number): boolean {
  return deleted >= FEW
}

function heavy(database: DatabaseSync, sql: string, tokens: Token[], times: number): HeavyReads | undefined {
  try {
    const plan = queryPlan(database, sql)
    if (times === 1 && !isNested(plan)) return undefined
    const tables = tablesNamed(database, tokens)
    const counts = new Map<string, number>()
    const rowsOf = (name: string): number => {
      const table = tables.get(name.toLowerCase()) ?? name
      const known = counts.get(table)
      if (known !== undefined) return known
      const rows = countOf(database, table)
      counts.set(table, rows)
      return rows
    }
    const cost = planCost(plan, rowsOf, times)
    if (cost.rows < MANY_ROWS || cost.worst === undefined) return undefined
    const { worst } = cost
    const table = tables.get(worst.name.toLowerCase()) ?? worst.name
    const asIs = { rows: cost.rows, times }
    const index = missingIndex(database, sql, tokens, table, rowsOf, asIs)
    return {
      rows: cost.rows,
      table,
      tableRows: worst.rows,
      times: worst.times,
      ...defined({ index }),
    }
  } catch {
    // What does not compile by itself, for example a statement of a trigger that raises: nothing is known.
    return undefined
  }
}

/** Tables by the names that a plan may give them: their own, or an alias of the statement. Lower case. */
function tablesNamed(database: DatabaseSync, tokens: Token[]): Map<string, string> {
  const names = database
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all()
    .map((row) => cellText(row['name']))
  const known = new Map(names.map((name) => [name.toLowerCase(), name]))
  const found = new Map(known)
  for (const [at, { text }] of tokens.entries()) {
    const table = known.get(unquote(text).toLowerCase())
    const next = tokens[at + 1]
    const alias = next !== undefined && /^as$/i.test(next.text) ? tokens[at + 2] : next
    if (table === undefined || alias === undefined || !/^(?:word|name)$/.test(alias.kind)) continue
    const name = unquote(alias.text).toLowerCase()
    if (!known.has(name)) found.set(name, table)
  }
  return found
}

/** The index over one column of the table that is read, among those that the statement names, under which it reads the least. */
function missingIndex(
  database: DatabaseSync,
  sql: string,
  tokens: Token[],
  table: string,
  rowsOf: (name: string) => number,
  asIs: { rows: number; times: number },
): string | undefined {
  const scratch = emptyCopy(database)
  try {
    const words = new Set(tokens.map(({ text }) => unquote(text).toLowerCase()))
    const columns = database
      .prepare(`SELECT name FROM pragma_table_info(?)`)
      .all(table)
      .map((row) => cellText(row['name']))
      .filter((column) => words.has(column.toLowerCase()))
    const tried = columns.flatMap((column) => {
      scratch.exec(`CREATE INDEX tried_index ON ${quoteName(table)} (${quoteName(column)})`)
      const { rows } = planCost(queryPlan(scratch, sql), rowsOf, asIs.times)
      scratch.exec('DROP INDEX tried_index')
      return rows * 10 <= asIs.rows ? [{ column, rows }] : []
    })
    const best = tried.sort((a, b) => a.rows - b.rows)[0]
    return best === undefined ? undefined : creation(table, [best.column])
  } finally {
    scratch.close()
  }
}

/** The schema without a row, to try indexes on: as much of it as can be made. */
function emptyCopy(database: DatabaseSync): DatabaseSync {
  const scratch = openConfined(':memory:', { foreignKeys: false })
  for (const type of ['table', 'view', 'index']) {
    const rows = database
      .prepare('SELECT sql FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL ORDER BY rowid')
      .all(type)
    for (const row of rows) {
      try {
        scratch.exec(cellText(row['sql']))
      } catch {
        // An object of SQLite's own, or one that needs what is not here: the plan is made without it.
      }
    }
  }
  return scratch
}

function creation(table: string, columns: string[]): string {
  const name = `${table}_by_${columns.join('_')}`
  return `CREATE INDEX ${quoteName(name)} ON ${quoteName(table)} (${columns.map(quoteName).join(', ')})`
}

/** `new.id` and `old.id` are values, not columns. */
function unbound(sql: string): string {
  const tokens = significantTokens(sql)
  let out = ''
  let from = 0
  for (const [at, token] of tokens.entries()) {
    const column = tokens[at + 2]
    if (!/^(?:new|old)$/i.test(token.text) || tokens[at + 1]?.text !== '.' || column === undefined) continue
    out += `${sql.slice(from, token.start)}?`
    from = column.start + column.text.length
  }
  return out + sql.slice(from)
}

function countOf(database: DatabaseSync, table: string): number {
  try {
    return Number(database.prepare(`SELECT count(*) AS n FROM ${quoteName(table)}`).get()?.['n'])
  } catch {
    return 0
  }
}
