import type { Baseline, Probe } from '../contract/monitoring.js'
import type { Check, RunView } from '../contract/run.js'
import { plural } from '../text/plural.js'
import { compressedText } from './monitoring/compressed.js'

/** What is missing of what the runbook asks for. */
export type Gap = Pick<Check, 'title' | 'message'>

/** What nobody looked at, or somebody left out: a run may go on with it, and whoever gives the final word must have read it. */
export function gapsOf(
  view: Pick<RunView, 'checks' | 'compressed' | 'resetFrom' | 'requireSignatures'>,
): Gap[] {
  const open = view.checks.filter(
    ({ state, actor }) => state === 'warned' || (state === 'skipped' && actor !== undefined),
  )
  return [...resetGap(view), ...compressedGap(view), ...open]
}

/** Temporal lets whoever can write to the namespace send a run back to an earlier moment; what it did to the database since stays done. */
function resetGap({ resetFrom, requireSignatures }: Pick<RunView, 'resetFrom' | 'requireSignatures'>): Gap[] {
  if (resetFrom === undefined) return []
  const signed =
    requireSignatures === true ? '; no worker applies or takes back anything for what was signed before' : ''
  return [{ title: 'The run was reset', message: `it began as ${resetFrom}${signed}` }]
}

/** The gap of a monitoring that is not in real time: people must have read it before they decide. */
export function compressedGap(view: Pick<RunView, 'compressed'>): Gap[] {
  const message = compressedText(view)
  return message === undefined ? [] : [{ title: 'The monitoring is not in real time', message }]
}

export function gapLine({ title, message }: Gap): string {
  return `Gap: ${title}: ${message}`
}

/** The runbook considers a rollback when the error rate rises: that takes a probe which knows it. */
export function errorRateCheck(probes: readonly Probe[]): Check {
  const line = { name: 'error-rate', title: 'Error rate is watched after the migration' }
  const watching = probes.filter(measuresErrorRate).map(({ name }) => name)
  if (watching.length > 0) return { ...line, state: 'passed', message: watching.join(', ') }
  return {
    ...line,
    state: 'warned',
    message: 'no probe measures an error rate: a rise would not be seen',
    advice:
      'Add a probe of the kind prometheus, json-metric or cloudflare-analytics to `monitoring.probes` in runbook.config.',
  }
}

/** `command`: of the project, undefined where it has none. */
export function testsCheck(command: readonly string[] | undefined): Check {
  const line = { name: 'project-tests', title: 'All tests passing' }
  if (command !== undefined)
    return { ...line, state: 'skipped', message: `${command.join(' ')} is run at each start` }
  return {
    ...line,
    state: 'warned',
    message: 'no test command is configured, so no tests are run',
    advice: 'Set `testCommand` in runbook.config, such as "npm test".',
  }
}

/** Probes that failed in every sample of the baseline, by the name of their check: what they say afterwards is not of the migration alone. */
export function brokenBefore(
  baseline: Baseline | null,
  probes: readonly Probe[],
): (Gap & { check: string })[] {
  return probes.flatMap((probe) => {
    const { errorRate = 0, samples = 0 } = baseline?.probes[probe.name] ?? {}
    // A rate that was measured is an answer, and the probe has not failed.
    if (samples === 0 || errorRate < 1 || measuresErrorRate(probe)) return []
    const what = probe.critical ? 'this critical probe' : 'this probe'
    const message = `${what} failed in ${samples === 1 ? 'the only sample' : `all ${plural(samples, 'sample')}`} of the baseline`
    return [{ check: probeCheck(probe.name), title: `Broken before: ${probe.name}`, message }]
  })
}

/** Name of the check that a probe makes after the migration. */
export function probeCheck(probe: string): string {
  return `probe ${probe}`
}

/** Undefined where a probe asks the application: what it answers is told instead. */
export function unaskedHealth(probes: readonly Pick<Probe, 'kind'>[]): Check | undefined {
  if (probes.some(({ kind }) => kind === 'http')) return undefined
  return {
    name: 'application-health',
    title: 'Application health',
    state: 'warned',
    message: 'unknown: no probe asks the application',
    advice: 'Set `healthUrl` of the environment in runbook.config.',
  }
}

function measuresErrorRate(probe: Probe): boolean {
  switch (probe.kind) {
    case 'prometheus':
    case 'json-metric':
      return probe.measures === 'errorRate'
    case 'cloudflare-analytics':
      return true
    case 'http':
    case 'connectivity':
    case 'sql':
    case 'stability':
    case 'backup':
      return false
  }
}
