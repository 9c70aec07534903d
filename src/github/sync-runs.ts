import { messageOf } from '../contract/failures.js'
import { listRuns, type RunRow } from '../client/list.js'
import { readRequest } from '../client/run-history.js'
import { readRun } from '../client/runs.js'
import type { Session } from '../client/session.js'
import { commitOf, showDeployment, type DeploymentStatus } from './deployments.js'
import type { GitHub } from './send.js'

/** A run that ended longer ago was told by whoever looked then. Milliseconds. */
const LATELY_MS = 7 * 24 * 3_600_000
const LOOKED_AT = 200
/** One that failed is tried again after this. Milliseconds. */
const PAUSE_MS = 5 * 60_000

export interface Shown {
  workflowId: string
  runId: string
  environment: string
  /** `unknown-commit`: whoever started it had not committed the files. `adoption`: it applies nothing. */
  state: 'shown' | 'unknown-commit' | 'adoption' | 'failed'
  commit?: string
  status?: DeploymentStatus
  why?: string
}

export interface SyncOptions {
  session: Session
  github: GitHub
  /** Which runs are shown at all. */
  isShown: (row: RunRow) => boolean
  /** Where people read a run, where that is known. */
  pageOf: (row: Pick<RunRow, 'workflowId' | 'runId'>) => string | undefined
  now?: () => number
}

/** Keeps deployments of GitHub as runs are. What it remembers only saves questions: it can begin anew at any time. */
export class RunSync {
  private readonly options: SyncOptions
  private readonly now: () => number
  /** As a run was when it was told last. */
  private readonly told = new Map<string, string>()
  private readonly pausedUntil = new Map<string, number>()

  constructor(options: SyncOptions) {
    this.options = options
    this.now = options.now ?? Date.now
  }

  /** One pass over the runs that are open or ended lately: those that changed. One query for each. Throws what listing throws. */
  async look(): Promise<Shown[]> {
    const rows = await listRuns(this.options.session, { limit: LOOKED_AT })
    const shown: Shown[] = []
    // The oldest first, as it happened.
    for (const row of rows.toReversed()) {
      const { runId } = row
      const ended = row.closedAt === null ? undefined : Date.parse(row.closedAt)
      if (!this.options.isShown(row) || (ended !== undefined && this.now() - ended > LATELY_MS)) continue
      const standing = [row.status, row.phase, row.outcome].join()
      if (this.told.get(runId) === standing || (this.pausedUntil.get(runId) ?? 0) > this.now()) continue
      const one = await this.show(row)
      shown.push(one)
      if (one.state === 'failed') this.pausedUntil.set(runId, this.now() + PAUSE_MS)
      else this.told.set(runId, standing)
    }
    return shown
  }

  private async show(row: RunRow): Promise<Shown> {
    const { session, github, pageOf } = this.options
    const named = { workflowId: row.workflowId, runId: row.runId, environment: row.environment ?? '' }
    try {
      const request = await readRequest(session, row)
      if (request?.adopt !== undefined) return { ...named, state: 'adoption' }
      const commit = request === null ? undefined : commitOf(request)
      if (request === null || commit === undefined) return { ...named, state: 'unknown-commit' }
      const view = await readRun(session, row.workflowId, row.runId)
      const { production } = request.target
      const { status } = await showDeployment(github, { view, commit, production, page: pageOf(row) })
      return { ...named, state: 'shown', commit, status }
    } catch (error) {
      return { ...named, state: 'failed', why: messageOf(error) }
    }
  }
}
