import type { Probe } from '../../contract/monitoring.js'
import { jsonOf } from '../../contract/json.js'
import { valueAt } from './json-path.js'
import { measured } from './metric.js'
import { unknown, type ProbeContext, type Seen } from './probe.js'
import { get } from './request.js'

/** One number in the JSON of a monitoring system's own endpoint. Digits in a string count as a number. */
export async function probeJsonMetric(
  { url, path, measures, headers }: Extract<Probe, { kind: 'json-metric' }>,
  { env, variables, signal }: ProbeContext,
): Promise<Seen> {
  const { status, body } = await get(url, { headers, named: { env, variables }, signal })
  if (status !== 200) return unknown(`the metric's source answers with status ${status}`)
  const found = valueAt(jsonOf(body), path)
  if (typeof found !== 'number' && (typeof found !== 'string' || found.trim() === '')) {
    return unknown(`there is no number at ${path}`)
  }
  return measured(measures, Number(found))
}
