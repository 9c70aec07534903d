import type { ProbeResult } from '../../contract/monitoring.js'
import { median } from './statistics.js'

/**
 * What several answers to one probe say together: the median of their latencies, and what most of them found. A tie of
 * good and failed ones is a failure; unknown is only what was unknown more often than not. `answers`: at least one.
 */
export function resultOfSamples(answers: readonly ProbeResult[]): ProbeResult {
  const [first] = answers
  if (first === undefined) throw new RangeError('a probe needs at least one answer')
  const of = (ok: ProbeResult['ok']): ProbeResult[] => answers.filter((one) => one.ok === ok)
  const [good, failed, blind] = [of(true), of(false), of(null)]
  const most =
    blind.length > answers.length / 2
      ? blind
      : failed.length >= good.length && failed.length > 0
        ? failed
        : good
  const typical = most[0] ?? first
  const latencies = most.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]))
  return {
    ...typical,
    ...(latencies.length < 2 ? {} : { latencyMs: median(latencies), samples: latencies.length }),
    message: [typical.message, ...dissent(answers, typical.ok)].join('; '),
  }
}

/** The minority, so that nothing seen is hidden by the verdict of the others. */
function dissent(answers: readonly ProbeResult[], ok: ProbeResult['ok']): string[] {
  const others = answers.filter((one) => one.ok !== ok)
  const [first] = others
  if (first === undefined) return []
  return [`${others.length} of ${answers.length} answers differed: ${first.message}`]
}
