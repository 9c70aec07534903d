import { messageOf, RunbookError } from '../../contract/failures.js'
import type { Basis, Kept, Moved } from '../../github/basis.js'
import type { CheckRun } from '../../github/checks.js'
import type { PullRequest } from '../../github/pulls.js'
import { redact } from '../../process/redact.js'
import { planPullRequest, type PullPlanner } from './github-plan.js'

export interface Rechecked {
  pullRequest: number
  head: string
  /** `unplanned`: no check of ours at its head holds a plan. `under-way`: one is being made. */
  state: 'current' | 'stale' | 'planned' | 'unplanned' | 'under-way' | 'left-out' | 'failed'
  moved?: readonly Moved[]
  /** `none`: it changes nothing that a plan is made of. */
  verdict?: Kept['verdict']
  /** Of `failed`. */
  why?: string
}

/** A check that is under way for longer has nobody who ends it. Milliseconds. */
const LONGEST_PLANNING_MS = 6 * 3_600_000

/**
 * Looks at the open pull requests: whether the plan of the newest check at their head still rests on what is there. One that does not is marked, or planned anew.
 * One that fails keeps none of the others from being looked at. Throws what reading the database and the list of pull requests throws.
 */
export async function recheckPulls(
  planner: PullPlanner,
  { base, replan }: { base: string | undefined; replan: boolean },
): Promise<Rechecked[]> {
  const { context, github, trees, paths, signal } = planner
  const { openPulls } = await import('../../github/pulls.js')
  const { databaseBasis, baseBasis } = await import('../../github/basis.js')
  const { readSnapshot } = await import('../../d1/read/open-reader.js')
  const pulls = await openPulls(github, base)
  if (pulls.length === 0) return []
  const snapshot = await readSnapshot(context.target)
  const ledger = snapshot.ledger.map(({ name }) => name)
  const database = databaseBasis({ ledger, schemaFingerprint: snapshot.schemaFingerprint })
  const bases = new Map<string, Promise<Basis>>()
  const basisOf = (branch: string): Promise<Basis> => {
    const known =
      bases.get(branch) ??
      trees.tip(branch).then(async (tip) => ({ ...(await baseBasis(trees, tip, paths)), ...database }))
    bases.set(branch, known)
    return known
  }
  const found: Rechecked[] = []
  for (const pull of pulls) {
    signal.throwIfAborted()
    const { number: pullRequest, head } = pull
    try {
      found.push({ pullRequest, head, ...(await recheckOne(planner, pull, { basisOf, ledger, replan })) })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof RunbookError)) throw error
      found.push({ pullRequest, head, state: 'failed', why: redact(messageOf(error)) })
    }
  }
  return found
}

async function recheckOne(
  planner: PullPlanner,
  pull: PullRequest,
  now: { basisOf: (branch: string) => Promise<Basis>; ledger: readonly string[]; replan: boolean },
): Promise<Pick<Rechecked, 'state' | 'moved' | 'verdict'>> {
  if (pull.fork) return { state: 'left-out' }
  const { github, context } = planner
  const { checksAt } = await import('../../github/checks.js')
  const { keptIn, movedSince } = await import('../../github/basis.js')
  const { checkName } = await import('../../github/plan-output.js')
  const checks = await checksAt(github, pull.head, checkName(context.target.environment))
  const planAnew = async (moved?: Moved[]): Promise<Pick<Rechecked, 'state' | 'moved' | 'verdict'>> => {
    const { kept: made } = await planPullRequest(planner, pull)
    return { state: 'planned', verdict: made.verdict, ...(moved === undefined ? {} : { moved }) }
  }
  if (checks.some(isUnderWay)) return { state: 'under-way' }
  const [newest] = checks
  const kept = newest === undefined ? undefined : keptIn(newest.external_id)
  if (newest === undefined || kept === undefined) return now.replan ? planAnew() : { state: 'unplanned' }
  if (kept.verdict === 'none') return { state: 'current', verdict: kept.verdict }
  const basis = await now.basisOf(pull.baseBranch)
  const moved = movedSince(kept, basis)
  const marked = newest.conclusion === 'action_required'
  if (moved.length === 0 && !marked) return { state: 'current', verdict: kept.verdict }
  if (now.replan) return planAnew(moved)
  // What went back to where it was is planned anew as well: the check has said since that it holds no more.
  if (!marked) await markStale(planner, newest, { kept, basis, moved, pull, ledger: now.ledger })
  return { state: 'stale', moved }
}

async function markStale(
  { github, trees, paths, context }: PullPlanner,
  check: CheckRun,
  seen: { kept: Basis; basis: Basis; moved: Moved[]; pull: PullRequest; ledger: readonly string[] },
): Promise<void> {
  const { endCheck } = await import('../../github/checks.js')
  const { changedInputs } = await import('../../github/basis.js')
  const { staleOutput } = await import('../../github/plan-output.js')
  const base = [seen.kept.base, seen.basis.base] as const
  // The commit of before may be gone, where the branch was written anew.
  const changed = seen.moved.includes('base') ? await changedInputs(trees, base, paths).catch(() => []) : []
  const { environment } = context.target
  const output = staleOutput(
    {
      ...{ moved: seen.moved, environment, base, changed, ledger: seen.ledger },
      baseBranch: seen.pull.baseBranch,
    },
    check.output,
  )
  await endCheck(github, check.id, { output, conclusion: 'action_required' })
}

function isUnderWay({ status, started_at: started }: CheckRun): boolean {
  return status !== 'completed' && Date.now() - Date.parse(started ?? '') < LONGEST_PLANNING_MS
}
