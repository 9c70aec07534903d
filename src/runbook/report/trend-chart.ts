import type { CheckpointVerdict } from '../../contract/monitoring.js'
import type { ChartPoint, Trend } from './chart-data.js'
import { axisLabels, COLOUR, label, shape, svg, type Colour, type Plot } from './svg.js'
import { roundTimes, roundValues, tickTime } from './ticks.js'

const VERDICT_COLOUR: Record<CheckpointVerdict, Colour> = {
  healthy: COLOUR.good,
  degraded: COLOUR.warn,
  breached: COLOUR.bad,
  unknown: COLOUR.soft,
}

interface Scales {
  plot: Plot
  x: (at: number) => number
  y: (value: number) => number
  narrow: boolean
}

/** A measure over the checkpoints, with its baseline, the rollback threshold, and the moment of the migration. */
export function trendChart(
  trend: Trend,
  width: number,
  show: { unit: (value: number) => string; timeZone: string },
): string {
  const narrow = width < 600
  const height = narrow ? 240 : 280
  const plot: Plot = {
    left: narrow ? 60 : 64,
    right: width - (narrow ? 12 : 72),
    top: 26,
    bottom: height - 30,
  }
  const { first, last, top } = extentOf(trend)
  const scales: Scales = {
    plot,
    narrow,
    x: (at) => plot.left + ((at - first) / (last - first)) * (plot.right - plot.left),
    y: (value) => plot.bottom - (value / top) * (plot.bottom - plot.top),
  }
  const times = roundTimes(first, last, narrow ? 4 : 8).map((at) => ({
    x: scales.x(at),
    text: tickTime(at, last - first, show.timeZone),
  }))
  return svg(
    { width, height },
    ...valueAxis(roundValues(top, 4), scales, show.unit),
    ...areas(trend, top, scales),
    ...thresholds(trend, scales, show.unit),
    ...moments(trend, scales),
    ...lines(trend.points, scales),
    ...marks(trend.points, scales),
    axisLabels(times, { y: plot.bottom + 18, width }),
  )
}

function extentOf({ points, baseline, migration, rollbackAt, threshold }: Trend) {
  const times = points.map(({ at }) => at)
  const first = Math.min(...times, baseline?.at ?? Infinity, migration?.from ?? Infinity)
  const last = Math.max(...times, rollbackAt ?? -Infinity)
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]))
  const top = Math.max(...values, threshold ?? 0, baseline?.high ?? 0) * 1.12
  return { first, last: last === first ? first + 1000 : last, top: top > 0 ? top : 1 }
}

function valueAxis(values: number[], { plot, y }: Scales, unit: (value: number) => string): string[] {
  return values.flatMap((value) => [
    shape('line', { x1: plot.left, x2: plot.right, y1: y(value), y2: y(value), stroke: COLOUR.line }),
    label(unit(value), { x: plot.left - 8, y: y(value) + 4, colour: COLOUR.soft, anchor: 'end' }),
  ])
}

function areas({ baseline, threshold, migration }: Trend, top: number, { plot, x, y }: Scales): string[] {
  const across = (low: number, high: number, fill: Colour): string =>
    shape('rect', { x: plot.left, y: y(high), width: plot.right - plot.left, height: y(low) - y(high), fill })
  const from = migration === null ? 0 : x(migration.from)
  return [
    baseline === null || baseline.high <= baseline.low
      ? ''
      : across(baseline.low, baseline.high, COLOUR.band),
    threshold === null ? '' : across(threshold, top, COLOUR.over),
    migration === null
      ? ''
      : shape('rect', {
          ...{ x: from, y: plot.top, width: x(migration.to) - from },
          ...{ height: plot.bottom - plot.top, fill: COLOUR.plan },
        }),
  ]
}

function thresholds(
  { baseline, threshold }: Trend,
  { plot, y, narrow }: Scales,
  unit: (value: number) => string,
): string[] {
  const across = (value: number, stroke: Colour, dash: string): string =>
    shape('line', {
      ...{ x1: plot.left, x2: plot.right, y1: y(value), y2: y(value) },
      ...{ stroke, 'stroke-dasharray': dash },
    })
  const size = narrow ? 10 : 12
  return [
    ...(threshold === null
      ? []
      : [
          across(threshold, COLOUR.bad, '5 4'),
          label(`rollback threshold ${unit(threshold)}`, {
            ...{ x: plot.right - 4, y: y(threshold) - 5 },
            ...{ colour: COLOUR.bad, anchor: 'end', size },
          }),
        ]),
    ...(baseline === null
      ? []
      : [
          across(baseline.middle, COLOUR.soft, '2 3'),
          // On a phone it would stand on the line; there the caption says it.
          narrow
            ? ''
            : label('baseline', { x: plot.right + 5, y: y(baseline.middle) + 4, colour: COLOUR.soft }),
        ]),
  ]
}

/** When something happened to the database; the names of two moments that are near each other look away from each other. */
function moments({ migration, rollbackAt }: Trend, { plot, x, narrow }: Scales): string[] {
  const at = [
    ...(migration === null ? [] : [{ name: 'migrated', x: x(migration.to), colour: COLOUR.ink }]),
    ...(rollbackAt === null ? [] : [{ name: 'rollback', x: x(rollbackAt), colour: COLOUR.bad }]),
  ]
  const size = narrow ? 10 : 12
  return at.flatMap((moment) => {
    const near = at.find((other) => other !== moment && Math.abs(other.x - moment.x) < 56)
    const anchor =
      near === undefined
        ? 'middle'
        : near.x > moment.x || (near.x === moment.x && moment === at[0])
          ? 'end'
          : 'start'
    return [
      shape('line', { x1: moment.x, x2: moment.x, y1: plot.top, y2: plot.bottom, stroke: moment.colour }),
      label(moment.name, { x: moment.x, y: plot.top - 8, colour: moment.colour, anchor, size }),
    ]
  })
}

/** Nothing is drawn across a checkpoint that measured nothing. */
function lines(points: readonly ChartPoint[], { x, y }: Scales): string[] {
  const runs: string[][] = [[]]
  for (const { at, value } of points) {
    if (value === null) runs.push([])
    else runs.at(-1)?.push(`${x(at).toFixed(1)},${y(value).toFixed(1)}`)
  }
  return runs
    .filter((run) => run.length > 1)
    .map((run) =>
      shape('polyline', { points: run.join(' '), fill: 'none', stroke: COLOUR.accent, 'stroke-width': 2 }),
    )
}

function marks(points: readonly ChartPoint[], { plot, x, y }: Scales): string[] {
  return points.map(({ at, value, verdict }) =>
    value === null
      ? // Without data there is no height: a mark on the axis says that somebody looked and saw nothing.
        shape('path', {
          d: `M${x(at).toFixed(1)} ${plot.bottom - 5}l5 5l-5 5l-5 -5z`,
          fill: VERDICT_COLOUR.unknown,
        })
      : shape('circle', {
          ...{ cx: x(at), cy: y(value), r: verdict === 'healthy' ? 2.5 : 5 },
          fill: VERDICT_COLOUR[verdict],
        }),
  )
}
