import type { DatabaseSync } from 'node:sqlite'
import type { Difference } from '../../contract/adoption.js'
import { messageOf } from '../../contract/failures.js'
import { tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { runForeign } from '../../d1/sqlite/confined.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { ParsedStatement } from '../../d1/sql/statements.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import { refusalOf, type Owns } from '../statement/d1-refusals.js'
import { anatomyOf, mentions, type StatementParts } from '../statement/statement.js'
import type { ChainLink } from './chain.js'
import { touchedBy } from './objects.js'

/**
 * Statements of a file that change rows which the scratch database does not have: what they did is read by running them on a copy
 * of the database. One that changes nothing there has nothing left to do.
 */
export function dataStatements(link: ChainLink, owns: Owns): DataStatement[] {
  const parsed = link.statements.map((statement) => ({
    statement,
    anatomy: anatomyOf(statement.sql, statement.tokens),
  }))
  const dropped = parsed
    .filter(({ anatomy }) => anatomy.verb === 'drop-table')
    .map(({ anatomy }) => anatomy.target ?? '')
  return (
    parsed
      .filter(
        ({ anatomy }) =>
          anatomy.verb === 'update' ||
          anatomy.verb === 'delete' ||
          (anatomy.verb === 'insert' && anatomy.copies),
      )
      .filter(({ statement, anatomy }) => refusalOf(statement, anatomy, owns) === undefined)
      // A table that is copied and dropped is a rebuild: the schema shows whether it took place.
      .filter(({ anatomy }) => !dropped.some((name) => mentions(anatomy.tokens, name)))
      .map((each) => ({ ...each, file: link.name }))
  )
}

export interface DataStatement {
  file: string
  statement: ParsedStatement
  anatomy: StatementParts
}

/** Tables that the files drop; what was done to their rows is gone with them. */
export function droppedTables(links: readonly ChainLink[]): Set<string> {
  return new Set(
    links
      .flatMap(({ statements }) => statements)
      .map(({ sql, tokens }) => anatomyOf(sql, tokens))
      .filter(({ verb }) => verb === 'drop-table')
      .map(({ target = '' }) => target.toLowerCase()),
  )
}

/**
 * Tables, in small letters, of whose rows of before it takes no value to show what the file did: an UPDATE shows on the database whether
 * it has something left to do, and a table that is copied and dropped has another schema since.
 */
export function settledTables(link: ChainLink): Set<string> {
  const touched = new Set(touchedBy(link))
  return new Set(
    link.statements
      .map(({ sql, tokens }) => anatomyOf(sql, tokens))
      .flatMap(({ verb, target = '' }) => {
        const name = target.toLowerCase()
        return verb === 'update' || (verb === 'drop-table' && touched.has(`table ${name}`)) ? [name] : []
      }),
  )
}

/**
 * What of the statement the database does not show; undefined where it has nothing left to do. `live` is a copy of the database for
 * the SQL of others; it is left as it was.
 */
export function leftToDo(
  live: DatabaseSync,
  catalog: DetailedCatalog,
  { statement, anatomy }: DataStatement,
): Difference | undefined {
  const table = tableNamed(catalog, anatomy.target ?? '')
  const place = { kind: 'statement' as const, name: `line ${statement.line}` }
  if (table === undefined)
    return {
      ...place,
      state: 'unreadable',
      message: `there is no table ${anatomy.target ?? ''} any more to read it from`,
    }
  const change = looking(live, () => changed(live, statement.sql, table))
  if (change === undefined || copiedAlready(live, statement, anatomy, table)) return undefined
  return { ...place, table: table.name, ...change }
}

function changed(
  live: DatabaseSync,
  sql: string,
  table: TableSchema,
): Pick<Difference, 'state' | 'rows' | 'message'> | undefined {
  const name = quoteName(table.name)
  try {
    live.exec(`CREATE TEMP TABLE ${BEFORE} AS SELECT * FROM main.${name}`)
    const start = changesOf(live)
    runForeign(live, sql)
    if (changesOf(live) === start) return undefined
    const gone = lacking(live, `SELECT * FROM temp.${BEFORE}`, `SELECT * FROM main.${name}`)
    const come = lacking(live, `SELECT * FROM main.${name}`, `SELECT * FROM temp.${BEFORE}`)
    return gone + come === 0 ? undefined : { state: 'not-run', rows: Math.max(gone, come) }
  } catch (error) {
    return { state: 'unreadable', message: messageOf(error) }
  }
}

const BEFORE = 'd1_runbook_before'

/** Rows of the one that the other does not have. */
function lacking(database: DatabaseSync, rows: string, without: string): number {
  const [row] = database.prepare(`SELECT count(*) AS n FROM (${rows} EXCEPT ${without})`).all()
  return Number(row?.['n'])
}

/** Rows of an INSERT … SELECT that the table holds: run again, they would meet themselves. */
function copiedAlready(
  live: DatabaseSync,
  { sql }: ParsedStatement,
  anatomy: StatementParts,
  table: TableSchema,
): boolean {
  const copy = anatomy.verb === 'insert' && anatomy.copies ? copyOf(sql, anatomy.tokens) : undefined
  if (copy === undefined) return false
  const columns = copy.columns ?? table.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  try {
    const names = columns.map(quoteName).join(', ')
    return (
      lacking(live, `SELECT * FROM (${copy.select})`, `SELECT ${names} FROM ${quoteName(table.name)}`) === 0
    )
  } catch {
    return false
  }
}

/** The columns and the SELECT of an INSERT that ends with it. */
function copyOf(sql: string, tokens: Token[]): { columns?: string[]; select: string } | undefined {
  let depth = 0
  const columns: string[] = []
  for (const [at, { text, kind, start }] of tokens.entries()) {
    if (text === '(') depth += 1
    else if (text === ')') depth -= 1
    else if (depth === 0 && kind === 'word' && /^(?:SELECT|WITH)$/i.test(text)) {
      const rest = tokens.slice(at)
      const upserts = rest.some(
        (token, index) => /^on$/i.test(token.text) && /^conflict$/i.test(rest[index + 1]?.text ?? ''),
      )
      if (at === 0 || upserts || rest.some((token) => /^returning$/i.test(token.text))) return undefined
      return { ...(columns.length === 0 ? {} : { columns }), select: sql.slice(start) }
    } else if (depth === 1 && text !== ',') columns.push(unquote(text))
  }
  return undefined
}

function changesOf(database: DatabaseSync): number {
  return Number(database.prepare('SELECT total_changes() AS n').get()?.['n'])
}

/** Does it, and leaves the database as it was. */
function looking<T>(database: DatabaseSync, work: () => T): T {
  database.exec('SAVEPOINT looking')
  try {
    return work()
  } finally {
    try {
      database.exec('ROLLBACK TO looking; RELEASE looking')
    } catch {
      // The statement ended the transaction itself (`ON CONFLICT ROLLBACK`): nothing is left of it.
    }
  }
}
