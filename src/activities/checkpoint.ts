import type { ReadActivities } from '../contract/activities.js'
import type { Checkpoint } from '../contract/monitoring.js'
import { CHECKPOINT_SAMPLING } from '../runbook/monitoring/schedule.js'
import { judgeCheckpoint } from '../runbook/monitoring/judge.js'
import { lookAtQueries } from './probes/queries.js'
import { runProbes, type RunProbesInput } from './probes/run-probes.js'

/** One look at the migrated database and its verdict against the baseline. Throws only the reason of `signal`. */
export async function runCheckpoint(
  input: Parameters<ReadActivities['runCheckpoint']>[0],
  context: Pick<
    RunProbesInput,
    'signal' | 'env' | 'variables' | 'openReader' | 'store' | 'archivesElsewhere'
  > = {},
): Promise<Checkpoint> {
  const { history = [], sampling = CHECKPOINT_SAMPLING } = input
  const { target, probes, thresholds, baseline, expected, number, plannedAt, late, since } = input
  const { queries } = baseline
  const looks = [runProbes({ ...context, target, probes, expected, sampling })]
  if (queries !== undefined && since !== undefined)
    looks.push(lookAtQueries({ ...context, target, baselines: queries, since }).then((seen) => [seen]))
  const results = (await Promise.all(looks)).flat()
  const judged = judgeCheckpoint({ baseline, thresholds, results, history })
  return { number, plannedAt, at: new Date().toISOString(), late, ...judged, results }
}
