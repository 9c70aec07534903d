import { isCancellation, patched } from '@temporalio/workflow'
import type { RollbackStrategy } from '../contract/policy.js'
import type { RollbackOption, Since } from '../contract/rollback.js'
import { noteMessage } from '../runbook/messages.js'
import { sinceLines } from '../text/written-since.js'
import { slow } from './activities.js'
import { appliedByThisRun } from './apply.js'
import { atArchive } from './archive-place.js'
import type { PreparedReverse } from './reverse.js'
import type { Run } from './run.js'
import { waysBack } from './ways.js'

/** A count of before the decision that is younger is not repeated. Milliseconds. */
const FRESH_MS = 2 * 60_000

/** Whoever decided waits no longer for it: past that the count of before stands, with its time. */
const COUNTED_WITHIN = '45 seconds'

/**
 * People may take hours to decide, and others go on writing: what the chosen way loses of that is counted once more behind the decision, told, and
 * kept as what it cost. Of a reverse migration the price is another one, and what was not counted before is not waited for. The ways as they were
 * where it is not counted.
 */
export async function countedAgain(
  run: Run,
  strategy: Exclude<RollbackStrategy, 'none'>,
  { ways, reverse }: { ways: RollbackOption[]; reverse: PreparedReverse | undefined },
): Promise<RollbackOption[]> {
  const { backup } = run.view
  const before = ways.find((way) => way.strategy === strategy)?.writtenSince
  if (strategy === 'reverse-migration' || backup === null || before === undefined || 'unknown' in before)
    return ways
  if (Date.now() - Date.parse(before.asOf) < FRESH_MS) return ways
  if (!patched(`counted-again-${run.view.announcements.length}`)) return ways
  const since = await count(run, backup)
  if (since === undefined || 'unknown' in since) return ways
  const again = waysBack(run, { price: [], ...reverse, writtenSince: since }).find(
    (way) => way.strategy === strategy,
  )
  const details = sinceLines(since, run.request.timeZone)
  const title = 'What others wrote since the backup, counted again behind the decision'
  run.announcer.tell('note', noteMessage({ ...run.context, title, details }))
  return ways.map((way) => (way.strategy === strategy && again?.available === true ? again : way))
}

async function count(run: Run, backup: NonNullable<Run['view']['backup']>): Promise<Since | undefined> {
  const { target, files, bundle } = run.request
  const options = {
    summary: 'Count what was written since, once more',
    startToCloseTimeout: COUNTED_WITHIN,
    scheduleToCloseTimeout: COUNTED_WITHIN,
    retry: { maximumAttempts: 1 },
  } as const
  const applied = appliedByThisRun(run)
  run.say('rollback', 'what others wrote since is being counted once more')
  try {
    const { writtenSince } = await run.audited(
      atArchive(run.request, backup, (where) =>
        slow.countWrittenSince.executeWithOptions({ ...options, ...where }, [
          { target, files, bundle, backup, applied, runKey: run.runKey },
        ]),
      ),
    )
    return writtenSince
  } catch (error) {
    if (isCancellation(error)) throw error
    return undefined
  }
}
