import { plural } from './plural.js'

const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
}

/**
 * `24 h`, `90s`, `1h 05m`, `1.5 h` as milliseconds; undefined where the text is no duration. Units are needed: a bare
 * number would be read as seconds by one person and as minutes by the next.
 */
export function parseDuration(text: string): number | undefined {
  let total = 0
  let rest = text.trim().toLowerCase()
  if (rest === '') return undefined
  while (rest !== '') {
    const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)\s*/.exec(rest)
    const unit = match?.[2]
    if (match === null || unit === undefined || !Object.hasOwn(UNIT_MS, unit)) return undefined
    total += Number(match[1]) * (UNIT_MS[unit] ?? 0)
    rest = rest.slice(match[0].length)
  }
  const ms = Math.round(total)
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** Milliseconds for people: `350 ms`, `4.2 s`, `15 min`, `1 h 05 min`, `2 d 3 h`. Reads back with {@link parseDuration}. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown'
  const value = Math.max(0, ms)
  if (value < 999.5) return `${Math.round(value)} ms`
  if (value < 9_950) return `${(value / 1000).toFixed(1).replace(/\.0$/, '')} s`
  const seconds = Math.round(value / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.round(minutes / 60)
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** In words, as the runbook's messages have it: `15 minutes`, `2 hours`. */
export function durationInWords(ms: number): string {
  for (const [unit, size] of [
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const) {
    if (ms >= size && ms % size === 0) return plural(ms / size, unit)
  }
  return formatDuration(ms)
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const head = `${large} ${largeUnit}`
  if (small === 0) return head
  return `${head} ${smallUnit === 'h' ? String(small) : String(small).padStart(2, '0')} ${smallUnit}`
}
