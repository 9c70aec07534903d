import { formatDuration } from '../../text/duration.js'
import type { StepBar } from './chart-data.js'
import { axisLabels, COLOUR, label, shape, svg, type Plot } from './svg.js'
import { tickInterval } from './ticks.js'

const BAR = 14
/** A step of a moment is seen. */
const LEAST = 3

/** Each step as it ran, within the outline of the time that the runbook plans for it. */
export function timelineChart(bars: readonly StepBar[], width: number): string {
  const narrow = width < 600
  const row = narrow ? 46 : 36
  const plot: Plot = { left: narrow ? 8 : 250, right: width - 24, top: 8, bottom: 8 + bars.length * row }
  const end = Math.max(
    1,
    ...bars.map(({ fromMs, toMs, plannedMs }) => Math.max(toMs, fromMs + (plannedMs ?? 0))),
  )
  const step = tickInterval(end, narrow ? 3 : 6)
  const ticks = Array.from({ length: Math.ceil(end / step) + 1 }, (_, index) => index * step)
  const scale = (plot.right - plot.left) / (ticks.at(-1) ?? end)
  const x = (ms: number): number => plot.left + ms * scale
  const grid = ticks.map((ms) =>
    shape('line', { x1: x(ms), x2: x(ms), y1: plot.top, y2: plot.bottom, stroke: COLOUR.line }),
  )
  const rows = bars.map((bar, index) => {
    const middle = plot.top + (index + 0.5) * row
    const rectangle = (lengthMs: number, style: object): string =>
      shape('rect', { x: x(bar.fromMs), y: middle - BAR / 2, width: lengthMs * scale, height: BAR, ...style })
    const tookMs = bar.toMs - bar.fromMs
    const late = bar.failed || tookMs - (bar.waitedMs ?? 0) > (bar.plannedMs ?? Infinity)
    const took = rectangle(Math.max(tookMs, LEAST / scale), { fill: late ? COLOUR.bad : COLOUR.accent })
    const planned =
      bar.plannedMs === undefined ? '' : rectangle(bar.plannedMs, { fill: COLOUR.plan, stroke: COLOUR.soft })
    // The outline stays visible on a step that took longer.
    return took + planned + labelsOf(bar, { plot, middle, narrow })
  })
  const y = plot.bottom + 18
  const times = ticks.map((ms) => ({ x: x(ms), text: ms === 0 ? '0' : formatDuration(ms) }))
  return svg({ width, height: plot.bottom + 34 }, ...grid, ...rows, axisLabels(times, { y, width }))
}

/** Beside the bar, or above it where there is no room beside. */
function labelsOf(
  { title, fromMs, toMs, waitedMs = 0, plannedMs, running }: StepBar,
  { plot, middle, narrow }: { plot: Plot; middle: number; narrow: boolean },
): string {
  const soFar = `${formatDuration(toMs - fromMs - waitedMs)}${running ? ' so far' : ''}`
  const planned = plannedMs === undefined ? soFar : `${soFar} of ${formatDuration(plannedMs)}`
  const took = waitedMs < 1_000 ? planned : `${planned}, waited ${formatDuration(waitedMs)}`
  if (narrow) return label(`${title}: ${took}`, { x: plot.left, y: middle - 11, colour: COLOUR.ink })
  const beside = { x: plot.left - 8, anchor: 'end' } as const
  return (
    label(title, { ...beside, y: middle - 3, colour: COLOUR.ink }) +
    label(took, { ...beside, y: middle + 12, colour: COLOUR.soft, size: 11 })
  )
}
