import { z } from 'zod'
import type { Probe } from '../../contract/monitoring.js'
import { jsonOf } from '../../contract/json.js'
import { measured } from './metric.js'
import { unknown, type ProbeContext, type Seen } from './probe.js'
import { get } from './request.js'

/** A sample is `[seconds, "value"]`. https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
const sampleSchema = z.tuple([z.number(), z.string()])
const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sampleSchema })) }),
      z.object({ resultType: z.literal('scalar'), result: sampleSchema }),
    ]),
  }),
])

/** An instant query of Prometheus (or what speaks like it). With several series the worst one counts. */
export async function probePrometheus(
  { url, query, measures, headers }: Extract<Probe, { kind: 'prometheus' }>,
  { env, variables, signal }: ProbeContext,
): Promise<Seen> {
  const address = new URL(`${url.replace(/\/+$/, '')}/api/v1/query`)
  address.searchParams.set('query', query)
  const { status, body } = await get(address, { headers, named: { env, variables }, signal })
  const parsed = answerSchema.safeParse(jsonOf(body))
  if (!parsed.success) return unknown(`Prometheus gave no usable answer (status ${status})`)
  if (parsed.data.status === 'error') return unknown(`Prometheus refused the query: ${parsed.data.error}`)
  const { data } = parsed.data
  const samples = data.resultType === 'scalar' ? [data.result] : data.result.map(({ value }) => value)
  const values = samples.map(([, value]) => Number(value)).filter((value) => !Number.isNaN(value))
  // No series, or 0/0 because there was no traffic: nothing is known, which is not the same as no errors.
  if (values.length === 0) return unknown('the query found no data')
  return measured(measures, Math.max(...values))
}
