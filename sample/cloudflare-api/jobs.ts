import type { Meta } from './local-database.js'

/** A file on its way into a database: uploaded once `content` is there. */
export interface ImportJob {
  databaseId: string
  etag: string
  filename: string
  content?: Buffer
  /** From `ingest` until its end is told. */
  run?: ImportRun
}

export interface ImportRun {
  /** What polls name it by; another one each time that the file is run. */
  at: string
  /** When it was asked for last, milliseconds since the epoch. */
  heldAt: number
  /** Bookmark of the database before it. */
  before: string
  /** undefined: it never ends. */
  outcome: { bookmark: string; queries: number; meta: Meta } | { error: string } | undefined
}

/** One statement that a database was asked, as the analytics keep it. */
export interface QueryEvent {
  databaseId: string
  /** Epoch milliseconds. */
  at: number
  query: string
  /** Empty where it went well. */
  error: string
  durationMs: number
  rowsRead: number
  rowsWritten: number
  rowsReturned: number
}

/** The data sets of Cloudflare's analytics that D1 and Workers have. */
export type Dataset = 'd1AnalyticsAdaptiveGroups' | 'd1QueriesAdaptiveGroups' | 'workersInvocationsAdaptive'

/** A row as GraphQL answers it, `{sum, avg, quantiles, count, dimensions}`. */
export interface AnalyticsRow {
  count?: number
  sum?: Record<string, number>
  avg?: Record<string, number>
  quantiles?: Record<string, number>
  dimensions?: Record<string, string>
}

/** What the databases were asked so far, oldest first. */
export type Traffic = QueryEvent[]

/** Rows that replace what would be answered; a data set that is absent keeps its own numbers. */
export type AnalyticsRows = Partial<Record<Dataset, AnalyticsRow[]>>

/** A dump that lies ready under a signed address. */
export interface ExportJob {
  databaseId: string
  /** When it was asked for last, milliseconds since the epoch; undefined once it is complete. */
  heldAt: number | undefined
  file: string
  filename: string
  polls: number
}
