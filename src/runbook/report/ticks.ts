import { clockTime } from '../../text/clock.js'

const NICE_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
]

/** A step that people count in, which gives at most so many ticks. Milliseconds. */
export function tickInterval(spanMs: number, ticks: number): number {
  return NICE_MS.find((step) => spanMs / step <= ticks) ?? Math.ceil(spanMs / ticks / 86_400_000) * 86_400_000
}

/** Full hours rather than hours after whenever it began. */
export function roundTimes(first: number, last: number, ticks: number): number[] {
  const step = tickInterval(last - first, ticks)
  const start = Math.ceil(first / step) * step
  return Array.from({ length: Math.floor((last - start) / step) + 1 }, (_, index) => start + index * step)
}

export function tickTime(at: number, spanMs: number, timeZone: string): string {
  const clock = clockTime(at, timeZone)
  return spanMs < 600_000 ? `${clock}:${String(Math.floor(at / 1000) % 60).padStart(2, '0')}` : clock
}

/** 0 and round values below `top`, about so many. */
export function roundValues(top: number, ticks: number): number[] {
  const rough = top / ticks
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power
  // A number too small to be parted has no round values below it.
  if (!Number.isFinite(top / step)) return [0]
  return Array.from({ length: Math.ceil(top / step) }, (_, index) => index * step)
}
