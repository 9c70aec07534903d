import { z } from 'zod'
import { splitStatements } from '../../src/d1/sql/statements.js'
import { answerDataset, isDataset } from './analytics.js'
import { bodyOf, databaseOf, json, success, type Reply, type Route } from './exchange.js'
import { GraphqlRefusal, readDocument, type Field } from './graphql-document.js'
import type { QueryEvent, Traffic } from './jobs.js'
import type { StatementResult } from './local-database.js'
import type { Service } from './service.js'

const BODY = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

/** Query Insights look back so far. Milliseconds. */
const INSIGHTS_MS = 31 * 86_400_000

export const graphqlRoutes: Route[] = [
  {
    name: 'graphql',
    method: 'POST',
    pattern: /^\/graphql$/,
    handle: (exchange) => {
      const { query, variables } = bodyOf(exchange, BODY)
      try {
        return json(200, {
          data: answer(readDocument(query, variables ?? {}), exchange.service),
          errors: null,
        })
      } catch (error) {
        if (!(error instanceof GraphqlRefusal)) throw error
        return refusal(error)
      }
    },
  },
  {
    // Named in Cloudflare's documentation with what it holds; how the fields are called, no public client shows.
    name: 'insights',
    method: 'GET',
    pattern: /^\/accounts\/(?<account>[^/]+)\/d1\/database\/(?<database>[^/]+)\/insights$/,
    handle: (exchange) => {
      const { id } = databaseOf(exchange)
      const since = Date.now() - INSIGHTS_MS
      const asked = exchange.service.traffic.filter((event) => event.databaseId === id && event.at >= since)
      const texts = [...new Set(asked.map(({ query }) => query))]
      return success(texts.map((text) => insight(asked.filter(({ query }) => query === text))))
    },
  },
]

/** GraphQL answers 200 around a question that it cannot answer. */
function refusal({ message }: GraphqlRefusal): Reply {
  const error = { message, path: null, extensions: { timestamp: new Date().toISOString() } }
  return json(200, { data: null, errors: [error] })
}

function answer(fields: Field[], service: Service): Record<string, unknown> {
  return selected(fields, {
    viewer: (viewer) =>
      selected(viewer.fields, {
        accounts: (accounts) => {
          demandAccount(accounts, service)
          return [selected(accounts.fields, {}, (dataset) => datasetRows(dataset, service))]
        },
      }),
  })
}

function selected(
  fields: Field[],
  known: Record<string, (field: Field) => unknown>,
  otherwise?: (field: Field) => unknown,
): Record<string, unknown> {
  const entries = fields.map((field): [string, unknown] => {
    const resolve = Object.hasOwn(known, field.name) ? known[field.name] : otherwise
    if (resolve === undefined) throw new GraphqlRefusal(`unknown field "${field.name}"`)
    return [field.alias, resolve(field)]
  })
  return Object.fromEntries(entries)
}

function demandAccount({ args }: Field, { accountId }: Service): void {
  const filter = args['filter'] as { accountTag?: unknown } | undefined
  if (filter !== undefined && filter.accountTag !== accountId)
    throw new GraphqlRefusal('not authorized for that account')
}

function datasetRows(field: Field, service: Service): unknown {
  const preset = isDataset(field.name) ? service.analytics[field.name] : undefined
  return answerDataset(field, { traffic: service.traffic, preset, now: Date.now() })
}

/** Counts each statement of a request for the analytics; `outcome`: what they gave, or what the request failed with. */
export function countQueries(
  traffic: Traffic,
  databaseId: string,
  queries: readonly { sql: string }[],
  outcome: StatementResult[] | { error: string },
): void {
  const at = Date.now()
  const texts = queries.flatMap(({ sql }) => statementTexts(sql))
  for (const [index, query] of texts.entries()) {
    const result = Array.isArray(outcome) ? outcome[index] : undefined
    traffic.push({
      ...{ databaseId, at, query },
      error: Array.isArray(outcome) ? '' : outcome.error,
      durationMs: result?.meta.duration ?? 0,
      rowsRead: result?.meta.rows_read ?? 0,
      rowsWritten: result?.meta.rows_written ?? 0,
      rowsReturned: result?.rows.length ?? 0,
    })
  }
}

/** Each statement with the comments before it, as it was sent. */
function statementTexts(sql: string): string[] {
  let from = 0
  return splitStatements(sql).map((statement) => {
    const end = statement.offset + statement.sql.length
    const text = sql.slice(from, end).replace(/^[;\s]+/, '')
    from = end
    return text
  })
}

function insight(asked: QueryEvent[]): Record<string, unknown> {
  const total = (of: (event: QueryEvent) => number): number => asked.reduce((sum, one) => sum + of(one), 0)
  return {
    query: asked[0]?.query,
    count: asked.length,
    rows_read: total(({ rowsRead }) => rowsRead),
    rows_written: total(({ rowsWritten }) => rowsWritten),
    duration: total(({ durationMs }) => durationMs),
    recommendation: null,
  }
}
