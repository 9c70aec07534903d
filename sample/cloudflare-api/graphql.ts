import type { QueryCount, Dataset, AnalyticsRow } from './jobs.js'
import type { Traffic } from './jobs.js'
import { z } from 'zod'
import { bodyOf, json, type Route } from './exchange.js'
import type { StatementResult } from './local-database.js'

const BODY = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).optional() })
const FIELD =
  /(?:(\w+)\s*:\s*)?(d1AnalyticsAdaptiveGroups|d1QueriesAdaptiveGroups|workersInvocationsAdaptive)\s*[({]/g

export const graphqlRoutes: Route[] = [
  {
    name: 'graphql',
    method: 'POST',
    pattern: /^\/graphql$/,
    handle: (exchange) => {
      const { query, variables } = bodyOf(exchange, BODY)
      const asked = `${query} ${JSON.stringify(variables ?? {})}`
      const { traffic, analytics } = exchange.service
      const account: Record<string, AnalyticsRow[]> = {}
      for (const [, alias, field] of query.matchAll(FIELD)) {
        const dataset = field as Dataset
        account[alias ?? dataset] = (analytics[dataset] ?? measured(dataset, traffic, asked)).filter((row) =>
          meant(row, asked),
        )
      }
      return json(200, { data: { viewer: { accounts: [account] } }, errors: null })
    },
  },
]

/** Counts a request of statements for the analytics. */
export function countQuery(
  traffic: Traffic,
  databaseId: string,
  sql: string,
  results: StatementResult[],
): void {
  const queries = traffic.get(databaseId) ?? new Map<string, QueryCount>()
  const before = queries.get(sql) ?? { count: 0, durationMs: 0, rowsRead: 0, rowsWritten: 0, rowsReturned: 0 }
  const sum = (of: (result: StatementResult) => number): number =>
    results.reduce((all, result) => all + of(result), 0)
  queries.set(sql, {
    count: before.count + 1,
    durationMs: before.durationMs + sum(({ meta }) => meta.duration),
    rowsRead: before.rowsRead + sum(({ meta }) => meta.rows_read),
    rowsWritten: before.rowsWritten + sum(({ meta }) => meta.rows_written),
    rowsReturned: before.rowsReturned + sum(({ rows }) => rows.length),
  })
  traffic.set(databaseId, queries)
}

/** The real numbers of the databases that the question names; Workers there are none. */
function measured(dataset: Dataset, traffic: Traffic, asked: string): AnalyticsRow[] {
  if (dataset === 'workersInvocationsAdaptive') return []
  const named = [...traffic].filter(([id]) => asked.includes(id) || !asked.includes('databaseId'))
  return named.flatMap(([databaseId, queries]) => {
    const rows = [...queries].map(([query, totals]) => queryRow(databaseId, query, totals))
    return dataset === 'd1QueriesAdaptiveGroups' ? rows : [overview(databaseId, [...queries.values()])]
  })
}

function queryRow(databaseId: string, query: string, totals: QueryCount): AnalyticsRow {
  const { count, durationMs, ...rows } = totals
  const sum = { queryDurationMs: durationMs, ...rows }
  const avg = Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value / count]))
  return { count, sum, avg, dimensions: { query, databaseId } }
}

function overview(databaseId: string, queries: QueryCount[]): AnalyticsRow {
  const total = (of: (query: QueryCount) => number): number =>
    queries.reduce((all, query) => all + of(query), 0)
  const sum = {
    readQueries: total(({ rowsWritten, count }) => (rowsWritten === 0 ? count : 0)),
    writeQueries: total(({ rowsWritten, count }) => (rowsWritten > 0 ? count : 0)),
    rowsRead: total(({ rowsRead }) => rowsRead),
    rowsWritten: total(({ rowsWritten }) => rowsWritten),
  }
  return { sum, dimensions: { databaseId, datetimeHour: new Date().toISOString() } }
}

/** A row of another database or script than the question names is left out. */
function meant({ dimensions }: AnalyticsRow, asked: string): boolean {
  return (['databaseId', 'scriptName'] as const).every((name) => {
    const value = dimensions?.[name]
    const filtered = new RegExp(`${name}(?:_in)?["\\s]*:\\s*(?:"|\\[)`).test(asked)
    return value === undefined || !filtered || asked.includes(value)
  })
}
