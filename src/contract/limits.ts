import { grouped } from './number.js'
/**
 * How much of what arrives from outside a run keeps. Temporal refuses an answer or an input past 2 MB, and a run whose state cannot be
 * read or told any more is lost: what is over a limit is cut or counted, that is told, and the run goes on. Characters, entries,
 * and bytes of JSON.
 */
export const LIMITS = {
  /** What somebody says: a note, a reason, a comment. */
  text: 2_000,
  /** What is told on a channel. */
  message: 20_000,
  /** Of a person, a gate, a decision. */
  name: 200,
  /** Of a migration, with its folders; what every file system takes. Bytes of UTF-8. */
  fileName: 255,
  freezes: 200,
  /** Hashes and signatures. */
  proof: 8_192,
  observations: { entries: 200, bytes: 300_000 },
  issues: { entries: 50, bytes: 200_000 },
  interventions: { entries: 300, bytes: 200_000 },
  /** Past it, notes (a pause, a repeated way back) are no longer told. */
  announcements: { entries: 2_000, bytes: 600_000 },
} as const

/** `text` within the limit; one that was cut says so, and how long it was. */
export function cutText(text: string, limit: number = LIMITS.text): string {
  if (text.length <= limit) return text
  const told = `… (cut: ${grouped(text.length)} characters)`
  // Half of a letter that takes two would be none.
  return `${text.slice(0, limit - told.length).replace(/[\uD800-\uDBFF]$/, '')}${told}`
}

/** Whether a list still has room. */
export function hasRoom(
  list: readonly object[],
  { entries, bytes }: { entries: number; bytes: number },
): boolean {
  if (list.length >= entries) return false
  let used = 0
  for (const one of list) used += jsonBytes(one)
  return used < bytes
}

/** At most so many bytes in a history: what JSON escapes takes six. */
function jsonBytes(value: object): number {
  const text = JSON.stringify(value)
  return text.length + 2 * (text.length - text.replace(/[^\0-\x7F]/g, '').length)
}
