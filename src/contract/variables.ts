import { secretsOf, type Channel } from './announcement.js'
import type { Probe } from './monitoring.js'

/** Which of them are set in `env`, by name only: values never leave it. `list`: all of them, for people. */
export function lookUpVariables(
  input: Parameters<typeof variablesOf>[0],
  env: Record<string, string | undefined>,
): { list: string; missing: string[] } {
  const wanted = variablesOf(input)
  const missing = wanted.filter((name) => (env[name] ?? '') === '')
  return { list: wanted.length === 0 ? 'none are needed' : wanted.join(', '), missing }
}

/** Environment variables that the worker must have for these channels and probes, each once. */
function variablesOf(input: { channels: Channel[]; probes?: Probe[] }): string[] {
  const headers = (input.probes ?? []).flatMap((probe) =>
    'headers' in probe ? Object.values(probe.headers ?? {}) : [],
  )
  const named = headers.flatMap((value) => (value.startsWith('env:') ? [value.slice('env:'.length)] : []))
  return [...new Set([...input.channels.flatMap(secretsOf), ...named])]
}
