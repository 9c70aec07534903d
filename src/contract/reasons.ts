import type { Reason } from './monitoring.js'

/** Nothing could be known. `probe`: null where it is about the whole checkpoint. */
export function noData(probe: string | null, text: string): Reason {
  return { criterion: 'no-data', probe, verdict: 'unknown', measured: null, limit: null, text }
}

/** The sentences alone, for people. */
export function reasonTexts(reasons: readonly Pick<Reason, 'text'>[]): string[] {
  return reasons.map(({ text }) => text)
}
