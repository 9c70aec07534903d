import { secretsOf, type Channel } from './announcement.js'
import type { Probe } from './monitoring.js'

/** Environment variables that the worker must have for these channels and probes, each once. */
export function variablesOf(input: { channels: Channel[]; probes?: Probe[] }): string[] {
  const headers = (input.probes ?? []).flatMap((probe) =>
    'headers' in probe ? Object.values(probe.headers ?? {}) : [],
  )
  const named = headers.flatMap((value) => (value.startsWith('env:') ? [value.slice('env:'.length)] : []))
  return [...new Set([...input.channels.flatMap(secretsOf), ...named])]
}
