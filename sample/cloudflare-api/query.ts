import { z } from 'zod'
import { bodyOf, databaseOf, success, type Exchange, type Route } from './exchange.js'
import { ApiFailure, sqlFailure } from './failure.js'
import { cutsApart } from './splitter.js'
import { countQueries } from './graphql.js'
import type { StatementResult } from './local-database.js'
import { demandAvailable } from './unavailable.js'

const VALUE = z.union([
  z.string(),
  z.number(),
  z.null(),
  z.boolean().transform(Number),
  z.array(z.number()).transform((bytes) => Uint8Array.from(bytes)),
])
const QUERY = z.object({ sql: z.string(), params: z.array(VALUE).optional() })
const BODY = z.union([z.object({ batch: z.array(QUERY) }), QUERY])

const BASE = '^/accounts/(?<account>[^/]+)/d1/database/(?<database>[^/]+)'

/** A request is one transaction, whether its statements come in one text or as a batch, unless `queryMode` says otherwise. */
export const queryRoutes: Route[] = [
  {
    name: 'query',
    method: 'POST',
    pattern: new RegExp(`${BASE}/query$`),
    handle: (exchange) =>
      success(
        runBody(exchange).map(({ columns, rows, meta }) => ({
          results: asObjects(columns, rows),
          success: true,
          meta,
        })),
      ),
  },
  {
    name: 'raw',
    method: 'POST',
    pattern: new RegExp(`${BASE}/raw$`),
    handle: (exchange) =>
      success(
        runBody(exchange).map(({ columns, rows, meta }) => ({
          results: { columns, rows },
          success: true,
          meta,
        })),
      ),
  },
]

function runBody(exchange: Exchange): StatementResult[] {
  const database = databaseOf(exchange)
  demandAvailable(exchange.service, database)
  exchange.service.day.demand(Date.now())
  const body = bodyOf(exchange, BODY)
  const queries = 'batch' in body ? body.batch : [body]
  const { traffic, histories } = exchange.service
  try {
    if (queries.some(({ sql }) => cutsApart(sql, exchange.service.splitter)))
      throw sqlFailure('incomplete input: SQLITE_ERROR')
    const bound = queries.map(({ sql, params }) => ({ sql, params: params ?? [] }))
    const results = exchange.service.queryMode === 'statement' ? database.runEach(bound) : database.run(bound)
    histories.get(database.id)?.record()
    exchange.service.day.add(results, Date.now())
    countQueries(traffic, database.id, queries, results)
    return results
  } catch (error) {
    if (error instanceof ApiFailure) countQueries(traffic, database.id, queries, { error: error.message })
    throw error
  }
}

/** Of two columns with one name the last one stays, as in D1. */
function asObjects(columns: string[], rows: StatementResult['rows']): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])))
}
