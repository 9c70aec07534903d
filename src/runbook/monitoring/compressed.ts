import type { MigrationRequest, RunView } from '../../contract/run.js'
import { durationInWords, formatDuration } from '../../text/duration.js'

type Compressed = Pick<RunView, 'compressed'>

/** What a run says of its time; nothing where it is real, or nobody looks. An adoption applies nothing that would be looked at. */
export function compressedOf({
  monitoring,
  adopt,
}: Pick<MigrationRequest, 'monitoring' | 'adopt'>): Compressed {
  const { timeScale, offsetsMs } = monitoring
  const plannedMs = offsetsMs.at(-1)
  if (timeScale === 1 || plannedMs === undefined || adopt !== undefined) return {}
  return { compressed: { plannedMs, timeScale } }
}

/** What is planned, and not what it took: `24 hours of monitoring planned in 24 s (compressed 3,600 times)`; undefined in real time. */
export function compressedText({ compressed }: Compressed): string | undefined {
  if (compressed === undefined) return undefined
  const { plannedMs, timeScale } = compressed
  const realMs = Math.max(1, plannedMs / timeScale)
  return `${durationInWords(plannedMs)} of monitoring planned in ${formatDuration(realMs)} (${factorText(timeScale)})`
}

/** `monitored`, or, out of real time, how long it really was: `monitored for 31 s (24 hours, compressed 3,600 times)`. */
export function monitoredText({ compressed, steps }: Compressed & Pick<RunView, 'steps'>): string {
  if (compressed === undefined) return 'monitored'
  const { startedAt, endedAt } = steps.find(({ step }) => step === 'monitor') ?? {}
  const tookMs =
    startedAt === undefined || endedAt === undefined ? NaN : Date.parse(endedAt) - Date.parse(startedAt)
  const took = Number.isFinite(tookMs) ? `for ${formatDuration(Math.max(1, tookMs))} ` : ''
  return `monitored ${took}(${plannedText(compressed)})`
}

/** What stands behind a time that is not real, with a blank before it: ` (24 hours, compressed 3,600 times)`; empty in real time. */
export function inRealTime({ compressed }: Compressed): string {
  return compressed === undefined ? '' : ` (${plannedText(compressed)})`
}

function plannedText({ plannedMs, timeScale }: NonNullable<Compressed['compressed']>): string {
  return `${durationInWords(plannedMs)}, ${factorText(timeScale)}`
}

function factorText(timeScale: number): string {
  const [how, factor] = timeScale > 1 ? ['compressed', timeScale] : ['stretched', 1 / timeScale]
  return `${how} ${new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 }).format(factor)} times`
}
