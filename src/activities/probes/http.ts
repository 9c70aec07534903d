import { isDeepStrictEqual } from 'node:util'
import { RunbookError } from '../../contract/failures.js'
import { jsonOf } from '../../contract/json.js'
import type { Probe } from '../../contract/monitoring.js'
import { valueAt } from './json-path.js'
import { elapsed, type ProbeContext, type Seen } from './probe.js'
import { get, networkReason, type Answer } from './request.js'

type HttpProbe = Extract<Probe, { kind: 'http' }>

/** A health endpoint or page: status, latency of the whole answer, and one value in its JSON. */
export async function probeHttp(probe: HttpProbe, { env, variables, signal }: ProbeContext): Promise<Seen> {
  const startedAt = performance.now()
  try {
    const answer = await get(probe.url, { headers: probe.headers, named: { env, variables }, signal })
    const latencyMs = elapsed(startedAt)
    const problem = problemOf(probe, answer)
    return problem === undefined
      ? { ok: true, latencyMs, message: `status ${answer.status}` }
      : { ok: false, latencyMs, ...problem }
  } catch (error) {
    if (signal.aborted || error instanceof RunbookError) throw error
    return { ok: false, message: networkReason(error) }
  }
}

function problemOf(
  { expectStatus, expectJson }: HttpProbe,
  { status, body }: Answer,
): Pick<Seen, 'measured' | 'limit' | 'message'> | undefined {
  if (status !== expectStatus)
    return {
      measured: status,
      limit: expectStatus,
      message: `status ${status} instead of ${expectStatus}`,
    }
  if (expectJson === undefined) return undefined
  const document = jsonOf(body)
  if (document === undefined) return { message: 'the answer is not JSON' }
  const found = valueAt(document, expectJson.path)
  if (isDeepStrictEqual(found, expectJson.equals)) return undefined
  const [measured, limit] = [shown(found), shown(expectJson.equals)]
  return { measured, limit, message: `${expectJson.path} is ${measured} instead of ${limit}` }
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
