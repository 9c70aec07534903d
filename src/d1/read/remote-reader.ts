import { defined } from '../../contract/defined.js'
import { z } from 'zod'
import { RunbookError } from '../../contract/failures.js'
import { OWN_STATEMENT } from '../../contract/own-statement.js'
import type { Target } from '../../contract/target.js'
import { askApi } from '../cloudflare/api.js'
import { apiPath, type ApiClient } from '../cloudflare/send.js'
import type { Reader } from '../sqlite/reader.js'
import { quoteText, type Row, type SqlValue } from '../sqlite/sqlite.js'
import { demandSuccess, parseJsonOutput, runWrangler } from '../wrangler/wrangler.js'

/** One statement's part of an answer, as the API and `wrangler d1 execute --json` both give it. */
interface StatementResult {
  results?: unknown
  success?: boolean
  meta?: { rows_read?: number }
}

/** Told how many rows D1 read for an answer, which it bills. */
export type OnRowsRead = (rows: number) => void

/** Reads through Cloudflare's API: a few milliseconds a query plus the network. */
export function openApiReader(
  target: Target,
  client: ApiClient,
  accountId: string,
  onRowsRead?: OnRowsRead,
): Reader {
  const query = async (sql: string, params: SqlValue[] = []): Promise<Row[]> => {
    const answer = await askApi(client, {
      what: `Reading ${target.database.name}`,
      path: apiPath('accounts', accountId, 'd1', 'database', target.database.id, 'query'),
      body: { sql: `${OWN_STATEMENT} ${inlined(sql, params)}` },
      schema: z.unknown(),
    })
    return firstRows(target, answer, onRowsRead)
  }
  return { query, close: () => Promise.resolve() }
}

/** Reads through `wrangler d1 execute --json`: needs no token of our own, costs a process a query. */
export function openWranglerReader(target: Target, signal?: AbortSignal, onRowsRead?: OnRowsRead): Reader {
  const query = async (sql: string, params: SqlValue[] = []): Promise<Row[]> => {
    const what = `Reading ${target.database.name}`
    const result = await runWrangler({
      target,
      args: [
        'd1',
        'execute',
        target.database.name,
        '--json',
        '--command',
        `${OWN_STATEMENT} ${inlined(sql, params)}`,
      ],
      timeoutMs: 120_000,
      ...defined({ signal }),
    })
    return firstRows(target, parseJsonOutput(demandSuccess(result, what).stdout), onRowsRead)
  }
  return { query, close: () => Promise.resolve() }
}

function firstRows(target: Target, answer: unknown, onRowsRead: OnRowsRead | undefined): Row[] {
  const [first] = Array.isArray(answer) ? (answer as StatementResult[]) : []
  // Status 200 around `success: false` happens: no rows is not the same as no answer.
  if (first?.success !== true || !Array.isArray(first.results)) {
    throw new RunbookError(
      'OutcomeUnknown',
      `Reading ${target.database.name} failed: D1 reported no success.`,
      {
        advice: 'The work is tried again by itself.',
      },
    )
  }
  onRowsRead?.(first.meta?.rows_read ?? 0)
  return first.results.map((row) => rowOf(row))
}

function rowOf(value: unknown): Row {
  const row: Row = {}
  for (const [column, cell] of Object.entries(value as Record<string, unknown>)) {
    // A blob comes as an array of bytes.
    row[column] = Array.isArray(cell) ? Uint8Array.from(cell as number[]) : (cell as SqlValue)
  }
  return row
}

/** What may hold a question mark that is no parameter, then a parameter. */
const PLACEHOLDERS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g

/** The wire carries JSON, which has neither blobs nor big integers: values go into the text as literals. */
function inlined(sql: string, params: SqlValue[]): string {
  if (params.length === 0) return sql
  const rest = [...params]
  return sql.replaceAll(PLACEHOLDERS, (token) => {
    const next = token === '?' ? rest.shift() : undefined
    return next === undefined ? token : literal(next)
  })
}

function literal(value: SqlValue): string {
  if (value === null || Number.isNaN(value)) return 'NULL'
  if (typeof value === 'string') return quoteText(value)
  // SQLite has no word for infinity; what is too large for a real is one.
  if (value === Infinity || value === -Infinity) return value > 0 ? '9e999' : '-9e999'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return `X'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`
}
