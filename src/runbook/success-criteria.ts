import { plural } from '../text/plural.js'
import type { Checkpoint } from '../contract/monitoring.js'
import type { RunView } from '../contract/run.js'

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

/** The runbook's "Consider Rollback When". `met` means: the reason to roll back is there. */
export function considerRollbackWhen(view: RunView): Criterion[] {
  const seen = view.monitoring?.checkpoints ?? []
  const reason = (pattern: RegExp): Evidence => {
    const hit = seen
      .filter(({ verdict }) => verdict === 'breached')
      .find((one) => one.reasons.some((text) => pattern.test(text)))
    if (hit !== undefined) {
      return {
        state: 'met',
        because: `checkpoint ${hit.number}: ${hit.reasons.find((text) => pattern.test(text)) ?? ''}`,
      }
    }
    return known(seen)
      ? { state: 'not-met', because: `not seen in ${plural(seen.length, 'checkpoint')}` }
      : { state: 'unknown', because: 'no checkpoint with data yet' }
  }
  // Nobody who measures no error rate may say that it did not rise.
  const measured = seen.some(({ results }) => results.some((one) => one.errorRate !== undefined))
  const errorRate: Evidence =
    seen.length === 0 || measured
      ? reason(/error rate/)
      : { state: 'unknown', because: 'no probe measures an error rate' }
  const grave = view.issues.filter(({ severity }) => severity !== 'minor')
  return [
    { title: 'Application response time > 2x baseline', ...reason(/response time/) },
    { title: 'Error rate > 5% increase from baseline', ...errorRate },
    { title: 'Critical functionality broken', ...reason(/critical|is broken/) },
    { title: 'Database connection failures', ...reason(/connection/) },
    {
      title: 'User-reported major issues',
      state: grave.length > 0 ? 'met' : 'not-met',
      because: grave[0] === undefined ? 'none reported' : `${grave[0].actor}: ${grave[0].description}`,
    },
  ]
}

type Evidence = Omit<Criterion, 'title'>

function allApplied({ migrations, outcome }: RunView): Evidence {
  const applied = migrations.filter(({ state }) => state === 'applied').length
  const open = migrations.filter(({ state }) => state !== 'applied')
  if (migrations.length === 0) return { state: 'unknown', because: 'the plan is not known yet' }
  if (outcome === 'rolled-back') return { state: 'not-met', because: 'they were taken back' }
  if (open.length === 0)
    return { state: 'met', because: `${plural(applied, 'migration')} read back from the ledger` }
  return { state: 'not-met', because: open.map(({ name, state }) => `${name} is ${state}`).join(', ') }
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
    return { state: 'met', because: `checkpoint ${last?.number ?? 0}` }
  }
  const checks = view.checks.filter(({ name }) => /health/i.test(name))
  const failed = checks.find(({ state }) => state === 'failed')
  if (failed !== undefined) return { state: 'not-met', because: failed.message }
  const passed = checks.find(({ state }) => state === 'passed')
  if (passed !== undefined) return { state: 'met', because: passed.message }
  return { state: 'unknown', because: 'no health check was made' }
}

function performanceNormal(view: RunView): Evidence {
  const seen = view.monitoring?.checkpoints ?? []
  const last = seen.at(-1)
  if (last === undefined || !known(seen)) return { state: 'unknown', because: 'no checkpoint with data yet' }
  switch (last.verdict) {
    case 'healthy':
      return { state: 'met', because: `checkpoint ${last.number} is healthy` }
    case 'degraded':
    case 'breached':
      return { state: 'not-met', because: last.reasons.join('; ') }
    case 'unknown':
      return { state: 'unknown', because: 'the last checkpoint saw nothing' }
  }
}

function noCriticalErrors(view: RunView): Evidence {
  const seen = view.monitoring?.checkpoints ?? []
  if (!known(seen)) return { state: 'unknown', because: 'no checkpoint with data yet' }
  const breached = seen.filter(({ verdict }) => verdict === 'breached').length
  const blind = seen.filter(({ verdict }) => verdict === 'unknown').length
  if (breached > 0) return { state: 'not-met', because: `${plural(breached, 'checkpoint')} breached` }
  const without = blind > 0 ? `, ${plural(blind, 'checkpoint')} without data` : ''
  return { state: 'met', because: `${plural(seen.length - blind, 'checkpoint')} without a breach${without}` }
}

function teamConfirmed(view: RunView): Evidence {
  const gate = view.gates.find((one) => one.gate === 'team-confirmation')
  if (gate?.state === 'approved') {
    const who = gate.decisions.filter(({ decision }) => decision === 'approve').map(({ actor }) => actor)
    return { state: 'met', because: who.join(', ') }
  }
  if (gate?.state === 'rejected' || gate?.state === 'expired')
    return { state: 'not-met', because: `it is ${gate.state}` }
  return { state: 'unknown', because: 'not asked yet' }
}

function known(checkpoints: readonly Checkpoint[]): boolean {
  return checkpoints.some(({ verdict }) => verdict !== 'unknown')
}
