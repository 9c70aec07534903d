import type { AnalyticsRows, Traffic } from './jobs.js'
import type { ExportJob } from './jobs.js'
import type { ImportJob } from './jobs.js'
import type { Faults, RouteName } from './faults.js'
import type { DayLimit } from './day-limit.js'
import type { EngineLimits } from './engine.js'
import type { CallCounter } from './rate-limit.js'
import type { SplitterFaults } from './splitter.js'
import type { History } from './history.js'
import type { CommitFailure, LocalDatabase } from './local-database.js'

/** One answered request. */
export interface ApiCall {
  route: RouteName
  method: string
  /** The SQL that it carried, for `query` and `raw`. */
  sql?: string
  at: Date
}

/** All that the routes share: one account with its databases. */
export interface Service {
  /** Address of the server, without a path. */
  origin: string
  accountId: string
  token: string
  /** An account's token is none of a user: `/user` and `/user/tokens/verify` do not know it. */
  tokenOwner: 'user' | 'account'
  /** `statement`: each statement of an import stands for itself, `chunk`: some of them; a failed one is taken back as a whole by Time Travel. */
  importMode: 'statement' | 'chunk' | 'transaction'
  day: DayLimit
  /** What the token may do: `read`: nothing but GET. */
  tokenPermission: 'edit' | 'read'
  splitter: SplitterFaults
  counter: CallCounter
  /** Of questions to GraphQL, whose answers tell of it. */
  graphqlCounter: CallCounter
  /** What every database of the account is made with. */
  engine: { limits: EngineLimits; commitFailure: CommitFailure }
  /** Of the text of one query. */
  queryMode: 'transaction' | 'statement'
  /** How long an export that nobody asks for any more holds its database. Milliseconds; 0: an export holds nothing. */
  exportHoldMs: number
  /** After how long an import that nobody asks for is taken back; until its end is told it holds its database. Milliseconds; 0: it does neither. */
  importHoldMs: number
  /** `started`: D1 keeps what was uploaded, and `init` with its etag starts the import again. */
  importAgain: 'started' | 'uploaded'
  /** Folder of everything that the server writes. */
  folder: string
  databases: Map<string, LocalDatabase>
  histories: Map<string, History>
  imports: Map<string, ImportJob>
  exports: Map<string, ExportJob>
  traffic: Traffic
  analytics: AnalyticsRows
  faults: Faults
  calls: ApiCall[]
}
