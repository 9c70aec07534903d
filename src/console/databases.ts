import { RunbookError } from '../contract/failures.js'
import type { MaintenanceWindow, Freeze } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import type { Database } from '../contract/target.js'
import type { LastRuns } from '../client/list.js'
import type { Now } from './memory.js'
import type { ConsoleRuns } from './runs.js'
import { writeLog } from '../process/log.js'

/** A value, or why it is not known from where the console stands. */
export type Known<T> = { value: T } | { unknown: string }

/** One environment, as the configuration has it. */
export interface DatabaseEntry {
  environment: string
  timeZone: string
  database: Known<Database>
  /** When a run may apply. */
  times: Known<{ window?: MaintenanceWindow; freezes?: readonly Freeze[] }>
}

/** The newest archive that can be told to be of the database. `createdAt`: ISO 8601, UTC. */
export interface BackupSeen {
  /** For people: where it was looked for. */
  place: string
  /** Archives of other machines would be there, too. */
  shared: boolean
  newest?: { name: string; createdAt: string; proof: 'metadata' | 'name' }
  /** Newer ones whose metadata could not be read. */
  unreadable: string[]
}

/** What is beyond the console: the databases of its configuration, and what lies beside them. */
export interface ConsoleDatabases {
  entries: readonly DatabaseEntry[]
  /** Reads nothing of the database. */
  backup(environment: string): Promise<BackupSeen>
  /** Reads the ledger and the schema: of a remote database, by the credentials of the console's own environment. */
  status(environment: string): Promise<Status>
}

/** The schema that the last run left, by the plan that it was held to. */
export interface SchemaLeft {
  fingerprint: string
  run: { workflowId: string; runId: string }
}

/** One look, asked for by somebody. `at`: when it was over; ISO 8601, UTC. */
export interface DatabaseLook {
  at: string
  backup: Known<BackupSeen>
  status: Known<Status>
  left: Known<SchemaLeft>
}

/** A second look so soon would show the same. Milliseconds. */
const LOOK_AGAIN_MS = 30_000

/** The last look at each database. Nothing looks by itself. */
export class Looks {
  private readonly done = new Map<string, DatabaseLook>()
  private readonly under = new Map<string, Promise<void>>()
  private readonly now: Now

  constructor(now: Now) {
    this.now = now
  }

  last(environment: string): { look?: DatabaseLook; underWay: boolean } {
    const look = this.done.get(environment)
    return { ...(look === undefined ? {} : { look }), underWay: this.under.has(environment) }
  }

  /** One at a time of each database; who asks meanwhile waits for the same. Never throws. */
  async take(
    { environment, database }: DatabaseEntry,
    { databases, runs }: { databases: ConsoleDatabases; runs: ConsoleRuns },
  ): Promise<void> {
    const last = this.done.get(environment)
    if (last !== undefined && this.now() - Date.parse(last.at) < LOOK_AGAIN_MS) return
    const looking =
      this.under.get(environment) ??
      Promise.all([
        known(() => databases.backup(environment)),
        known(() => databases.status(environment)),
        'unknown' in database
          ? database
          : known(() => runs.lastRuns({ environment, database: database.value.id })).then((last) =>
              schemaLeft(runs, last),
            ),
      ])
        .then(([backup, status, left]) => {
          this.done.set(environment, {
            ...{ at: new Date(this.now()).toISOString(), backup, status, left },
          })
        })
        .finally(() => this.under.delete(environment))
    this.under.set(environment, looking)
    await looking
  }
}

/** Only a run that was completed is known to have left the schema of its plan: it was read back. */
async function schemaLeft(runs: ConsoleRuns, seen: Known<LastRuns>): Promise<Known<SchemaLeft>> {
  if ('unknown' in seen) return seen
  const { last } = seen.value
  if (last === undefined) return { unknown: 'no run of it that is over is kept here' }
  if (last.outcome !== 'completed' && last.outcome !== 'completed-unhealthy')
    return { unknown: `the last run ended as ${last.outcome ?? last.status}, and what it left was not noted` }
  const { workflowId, runId } = last
  const found = await known(() => runs.predictedSchema({ workflowId, runId }))
  if ('unknown' in found) return found
  return found.value === undefined
    ? { unknown: 'the last run had no plan that says it' }
    : { value: { fingerprint: found.value, run: { workflowId, runId } } }
}

/** A bug says nothing of itself to who asks; it is told where the console runs. */
export async function known<T>(ask: () => Promise<T>): Promise<Known<T>> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (error instanceof RunbookError) return { unknown: error.message }
    writeLog(error)
    return { unknown: 'the console met an error; its terminal says which' }
  }
}
