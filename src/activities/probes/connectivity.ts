import type { Probe } from '../../contract/monitoring.js'
import { elapsed, type ProbeContext, type Seen } from './probe.js'

/** The database answers the smallest question there is. The latency includes reaching it. */
export async function probeConnectivity(
  _probe: Extract<Probe, { kind: 'connectivity' }>,
  { target, openReader, signal }: ProbeContext,
): Promise<Seen> {
  const startedAt = performance.now()
  const reader = await openReader(target, { signal })
  try {
    await reader.query('SELECT 1 AS one')
    return { ok: true, latencyMs: elapsed(startedAt), message: 'the database answers' }
  } finally {
    await reader.close()
  }
}
