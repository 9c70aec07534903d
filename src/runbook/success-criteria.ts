import { migrationState, plannedMigrations } from './migration-state.js'
import { compressedText } from './monitoring/compressed.js'
import { formatDuration } from '../text/duration.js'
import { plural } from '../text/plural.js'
import type { Checkpoint, MonitoringView, ProbeResult, Thresholds } from '../contract/monitoring.js'
import { DATABASE_PROBES, type Criterion as Subject } from '../contract/names.js'
import type { Check, RunView } from '../contract/run.js'

/** `unknown`: nothing was seen that could tell; never read as good. */
export type CriterionState = 'met' | 'not-met' | 'unknown'

export interface Criterion {
  /** The runbook's line. */
  title: string
  state: CriterionState
  because: string
}

/** The runbook's "Migration Complete When", each line with its evidence. */
export function completeWhen(view: RunView): Criterion[] {
  return [
    { title: 'All planned migrations applied successfully', ...allApplied(view) },
    { title: 'Application health checks pass', ...healthPasses(view) },
    { title: 'Database performance within normal ranges', ...performanceNormal(view) },
    { title: 'No critical errors in monitoring', ...noCriticalErrors(view) },
    { title: 'Team confirms system functionality', ...teamConfirmed(view) },
  ]
}

/** From where on an answer is slow: both must be passed. */
export type ResponseLimits = Pick<Thresholds, 'responseTimeFactor' | 'responseTimeFloorMs'>

/** The runbook's "Consider Rollback When". `met` means: the reason to roll back is there. */
export function considerRollbackWhen(view: RunView, limits: ResponseLimits): Criterion[] {
  const seen = view.monitoring?.checkpoints ?? []
  const grave = view.issues.filter(({ severity }) => severity !== 'minor')
  return [
    ...WATCHED.map((watched) => ({ title: watched.title, ...evidenceOf(watched, seen, view, limits) })),
    {
      title: 'User-reported major issues',
      state: grave.length > 0 ? 'met' : 'not-met',
      because: grave[0] === undefined ? 'none reported' : `${grave[0].actor}: ${grave[0].description}`,
    },
  ]
}

type Evidence = Omit<Criterion, 'title'>

/** One line of the runbook that probes can answer, and which of their results do. */
interface Watched {
  title: string
  subject: Subject
  /** This result says something about it: nobody who does not measure it may say that it was not seen. */
  measures: (result: ProbeResult) => boolean
  /** Said where no result does. */
  nobody: string
  /** What counts, where the runbook's line does not say all of it. */
  counts?: (limits: ResponseLimits) => string
  /** A check after the migration whose failure meets it, too. */
  failing?: (check: Check) => boolean
}

/** Their failures are about the database or the backup, whatever else they are marked as. */
const NOT_FUNCTIONALITY = ['connectivity', 'stability', 'backup']

const WATCHED: readonly Watched[] = [
  {
    title: 'Application response time > 2x baseline',
    subject: 'response-time',
    measures: ({ kind, latencyMs }) => !DATABASE_PROBES.includes(kind) && latencyMs !== undefined,
    nobody: 'no response time of the application was measured',
    counts: ({ responseTimeFactor, responseTimeFloorMs }) =>
      `, where more than ${responseTimeFactor} times the baseline and more than ${formatDuration(responseTimeFloorMs)} count`,
  },
  {
    title: 'Error rate > 5% increase from baseline',
    subject: 'error-rate',
    measures: ({ errorRate }) => errorRate !== undefined,
    nobody: 'no probe measures an error rate',
  },
  {
    title: 'Critical functionality broken',
    subject: 'critical-functionality',
    measures: ({ kind, critical, ok }) => critical && ok !== null && !NOT_FUNCTIONALITY.includes(kind),
    nobody: 'no critical check has answered',
    failing: ({ critical, probeKind = '' }) => critical === true && !NOT_FUNCTIONALITY.includes(probeKind),
  },
  {
    title: 'Database connection failures',
    subject: 'database-connection',
    measures: ({ kind, ok }) => kind === 'connectivity' && ok !== null,
    nobody: 'no probe of the database connection has answered',
    failing: ({ name, probeKind }) => name === 'connectivity' || probeKind === 'connectivity',
  },
]

function evidenceOf(
  { subject, measures, nobody, counts, failing }: Watched,
  seen: readonly Checkpoint[],
  view: RunView,
  limits: ResponseLimits,
): Evidence {
  const failed = view.checks.find(
    (check) => check.step === 'validate' && check.state === 'failed' && failing?.(check) === true,
  )
  if (failed !== undefined)
    return { state: 'met', because: `right after the migration: ${failed.title}: ${failed.message}` }
  if (seen.length === 0) return { state: 'unknown', because: noCheckpoint(view) }
  const breaches = seen.flatMap(({ number, reasons }) =>
    reasons.filter(({ verdict }) => verdict === 'breached').map((reason) => ({ number, ...reason })),
  )
  const hit = breaches.find(({ criterion }) => criterion === subject)
  if (hit !== undefined) return { state: 'met', because: `checkpoint ${hit.number}: ${hit.text}` }
  const untold = breaches.find(({ criterion }) => criterion === 'not-recorded')
  if (untold !== undefined) {
    const because = `checkpoint ${untold.number} breached, and only a sentence was kept: ${untold.text}`
    return { state: 'unknown', because }
  }
  const measured = seen.filter(
    ({ results }) => results.some(measures) && !results.some(({ held }) => held),
  ).length
  if (measured === 0) return { state: 'unknown', because: nobody }
  const blind = seen.length - measured
  const without = blind === 0 ? '' : `; ${blind} more could not tell`
  return {
    state: 'not-met',
    because: `not seen in ${plural(measured, 'checkpoint')}${counts?.(limits) ?? ''}${without}`,
  }
}

function allApplied(view: RunView): Evidence {
  const { migrations, outcome } = view
  const planned = plannedMigrations(view)
  const applied = planned.filter(({ state }) => state === 'applied').length
  const open = planned.filter(({ state }) => state !== 'applied')
  if (migrations.length === 0)
    return { state: 'unknown', because: outcome === null ? 'the plan is not known yet' : 'no plan was made' }
  // An earlier version kept of a rollback only its outcome.
  if (outcome === 'rolled-back' && open.length === 0)
    return { state: 'not-met', because: 'they were taken back' }
  if (open.length === 0)
    return { state: 'met', because: `${plural(applied, 'migration')} read back from the ledger` }
  return {
    state: 'not-met',
    because: open.map((one) => `${one.name} is ${migrationState(one, migrations)}`).join(', '),
  }
}

function healthPasses(view: RunView): Evidence {
  const last = view.monitoring?.checkpoints.at(-1)
  const health = last?.results.filter(({ kind }) => kind === 'http') ?? []
  if (health.length > 0) {
    const failing = health.filter(({ ok }) => ok === false)
    if (failing[0] !== undefined)
      return { state: 'not-met', because: `${failing[0].probe}: ${failing[0].message}` }
    if (health.some(({ ok }) => ok === null))
      return { state: 'unknown', because: 'the last checkpoint got no answer' }
    const answers = health.map(({ probe, message }) => `${probe}: ${message}`)
    return { state: 'met', because: `checkpoint ${last?.number ?? 0}: ${answers.join('; ')}` }
  }
  const checks = view.checks.filter(({ probeKind }) => probeKind === 'http')
  const failed = checks.find(({ state }) => state === 'failed')
  if (failed !== undefined) return { state: 'not-met', because: `${failed.title}: ${failed.message}` }
  const blind = checks.find(({ state }) => state !== 'passed')
  if (blind !== undefined) return { state: 'unknown', because: `${blind.title}: ${blind.message}` }
  const passed = checks.map(({ title, message }) => `${title}: ${message}`)
  if (passed.length > 0) return { state: 'met', because: passed.join('; ') }
  return { state: 'unknown', because: 'no health check was recorded' }
}

/** What the application answers, and how fast, is not the database's performance. */
function performanceNormal(view: RunView): Evidence {
  const last = view.monitoring?.checkpoints.at(-1)
  if (last === undefined) return { state: 'unknown', because: noCheckpoint(view) }
  const results = last.results.filter(({ kind }) => DATABASE_PROBES.includes(kind))
  const reasons = last.reasons.filter(
    ({ criterion }) => criterion === 'database-connection' || criterion === 'database-performance',
  )
  const failed = reasons.find(
    ({ criterion, measured, limit }) => criterion === 'database-connection' || exceeds(measured, limit),
  )
  if (failed !== undefined) return { state: 'not-met', because: `checkpoint ${last.number}: ${failed.text}` }
  const measured = results.flatMap(({ probe, latencyMs }) =>
    latencyMs === undefined ? [] : [`${probe} ${formatDuration(latencyMs)}`],
  )
  const unjudged = reasons.find(({ verdict }) => verdict === 'unknown')
  if (unjudged !== undefined)
    return { state: 'unknown', because: `checkpoint ${last.number}: ${unjudged.text}` }
  if (measured.length === 0)
    return { state: 'unknown', because: `checkpoint ${last.number} measured nothing of the database` }
  return { state: 'met', because: `checkpoint ${last.number}: ${measured.join(', ')}` }
}

function exceeds(measured: number | string | null, limit: number | string | null): boolean {
  return typeof measured === 'number' && typeof limit === 'number' && measured > limit
}

function noCriticalErrors(view: RunView): Evidence {
  const seen = view.monitoring?.checkpoints ?? []
  if (view.monitoring?.asOf !== undefined) return notHere(view.monitoring)
  if (!known(seen))
    return {
      state: 'unknown',
      because: view.outcome === null ? 'no checkpoint with data yet' : 'no checkpoint had data',
    }
  const breached = seen.filter(({ verdict }) => verdict === 'breached').length
  const blind = seen.filter(({ verdict }) => verdict === 'unknown').length
  if (breached > 0) return { state: 'not-met', because: `${plural(breached, 'checkpoint')} breached` }
  const compressed = compressedText(view)
  const hurried = compressed === undefined ? '' : `; ${compressed}`
  const without = blind > 0 ? `, ${plural(blind, 'checkpoint')} without data` : ''
  return {
    state: 'met',
    because: `${plural(seen.length - blind, 'checkpoint')} without a breach${without}${hurried}`,
  }
}

/** The counts of looks that are not here show a breach, never that there was none. */
function notHere(monitoring: MonitoringView): Evidence {
  const { breached } = monitoring.verdicts
  return breached > 0
    ? { state: 'not-met', because: `${plural(breached, 'checkpoint')} breached` }
    : { state: 'unknown', because: 'what the monitoring saw is not known here' }
}

function teamConfirmed(view: RunView): Evidence {
  const gate = view.gates.find((one) => one.gate === 'team-confirmation')
  if (gate?.state === 'approved') {
    const given = gate.decisions.filter(({ decision }) => decision === 'approve')
    const looked = given.filter(({ inAdvance }) => inAdvance !== true).map(({ actor }) => actor)
    if (looked.length > 0) return { state: 'met', because: looked.join(', ') }
    const who = given.map(({ actor }) => actor).join(', ')
    return {
      state: 'unknown',
      because: `${who} approved it at the start with --yes, before there was anything to confirm`,
    }
  }
  if (gate?.state === 'skipped') return { state: 'unknown', because: 'the policy asks for nobody' }
  if (gate?.state === 'rejected' || gate?.state === 'expired')
    return { state: 'not-met', because: `it is ${gate.state}` }
  return { state: 'unknown', because: view.outcome === null ? 'not asked yet' : 'never asked' }
}

/** Of a run that is over nothing is still to come. */
function noCheckpoint({ outcome, monitoring }: Pick<RunView, 'outcome' | 'monitoring'>): string {
  if (monitoring?.asOf !== undefined) return 'what the monitoring saw is not known here'
  return outcome === null ? 'no checkpoint yet' : 'no checkpoint was taken'
}

function known(checkpoints: readonly Checkpoint[]): boolean {
  return checkpoints.some(({ verdict }) => verdict !== 'unknown')
}
