import type { EChartsCoreOption } from 'echarts/core'
import type { CheckpointVerdict } from '../../contract/monitoring.js'
import { clockTime } from '../../text/clock.js'
import { formatDuration } from '../../text/duration.js'
import type { StepBar, Trend } from './chart-data.js'

/** Colours are the page's own CSS variables, so that one SVG serves light, dark and print. */
const COLOUR = {
  ink: 'var(--ink)',
  soft: 'var(--soft)',
  line: 'var(--line)',
  accent: 'var(--accent)',
  plan: 'var(--plan)',
  band: 'var(--band)',
  bad: 'var(--bad)',
} as const

const VERDICT_COLOUR: Record<CheckpointVerdict, string> = {
  healthy: 'var(--good)',
  degraded: 'var(--warn)',
  breached: 'var(--bad)',
  unknown: 'var(--soft)',
}

const FONT = 'system-ui, sans-serif'

/** Two sizes of each chart: one SVG scaled down to a phone would be too small to read. */
export const CHART_WIDTHS = { wide: 900, narrow: 380 } as const

export interface Drawing {
  option: EChartsCoreOption
  height: number
}

export function timelineDrawing(bars: readonly StepBar[], width: number): Drawing {
  const narrow = width < 600
  const labels = bars.map(({ title, fromMs, toMs, plannedMs, running }) => {
    const took = `${formatDuration(toMs - fromMs)}${running ? ' so far' : ''}`
    return { title, took: plannedMs === undefined ? took : `${took} of ${formatDuration(plannedMs)}` }
  })
  const end = Math.max(
    1,
    ...bars.map(({ fromMs, toMs, plannedMs }) => Math.max(toMs, fromMs + (plannedMs ?? 0))),
  )
  const tick = tickInterval(end, narrow ? 3 : 6)
  const offset = (stack: string): object => ({
    type: 'bar',
    stack,
    silent: true,
    barWidth: 14,
    barGap: '-100%',
    itemStyle: { color: 'transparent' },
    data: bars.map(({ fromMs }) => fromMs),
  })
  return {
    height: 60 + bars.length * (narrow ? 46 : 36),
    option: {
      animation: false,
      textStyle: { fontFamily: FONT },
      grid: { left: narrow ? 8 : 250, right: narrow ? 16 : 24, top: 8, bottom: 34 },
      xAxis: {
        type: 'value',
        max: Math.ceil(end / tick) * tick,
        interval: tick,
        axisLabel: {
          color: COLOUR.soft,
          formatter: (value: number) => (value === 0 ? '0' : formatDuration(value)),
          hideOverlap: true,
        },
        splitLine: { lineStyle: { color: COLOUR.line } },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: labels.map(({ title, took }) => `${title}|${took}`),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: {
          show: true,
          inside: narrow,
          interval: 0,
          color: COLOUR.ink,
          align: narrow ? 'left' : 'right',
          verticalAlign: narrow ? 'bottom' : 'middle',
          padding: narrow ? [0, 0, 10, -6] : 0,
          formatter: (value: string) => {
            const [title = '', took = ''] = value.split('|')
            return narrow ? `${title}: ${took}` : `${title}\n{took|${took}}`
          },
          rich: { took: { color: COLOUR.soft, fontSize: 11, lineHeight: narrow ? 12 : 15 } },
        },
        z: 5,
      },
      series: [
        offset('plan'),
        {
          type: 'bar',
          name: 'planned',
          stack: 'plan',
          barWidth: 14,
          // Its outline stays visible on a step that took longer.
          z: 3,
          itemStyle: { color: COLOUR.plan, borderColor: COLOUR.soft, borderWidth: 1 },
          data: bars.map(({ plannedMs }) => plannedMs ?? 0),
        },
        offset('real'),
        {
          type: 'bar',
          name: 'took',
          stack: 'real',
          barWidth: 14,
          barMinHeight: 3,
          data: bars.map(({ fromMs, toMs, plannedMs, failed }) => ({
            value: toMs - fromMs,
            itemStyle: {
              color: failed || toMs - fromMs > (plannedMs ?? Infinity) ? COLOUR.bad : COLOUR.accent,
            },
          })),
        },
      ],
    },
  }
}

export function trendDrawing(
  trend: Trend,
  width: number,
  show: { unit: (value: number) => string; timeZone: string },
): Drawing {
  const narrow = width < 600
  const first = Math.min(
    ...trend.points.map(({ at }) => at),
    trend.baseline?.at ?? Infinity,
    trend.migration?.from ?? Infinity,
  )
  const last = Math.max(...trend.points.map(({ at }) => at), trend.rollbackAt ?? -Infinity)
  const values = trend.points.flatMap(({ value }) => (value === null ? [] : [value]))
  const ticks = roundTimes(first, last, narrow ? 4 : 8)
  const top = Math.max(...values, trend.threshold ?? 0, trend.baseline?.high ?? 0) * 1.12
  return {
    height: narrow ? 240 : 280,
    option: {
      animation: false,
      textStyle: { fontFamily: FONT },
      grid: { left: narrow ? 60 : 64, right: narrow ? 12 : 72, top: 26, bottom: 30 },
      xAxis: {
        type: 'value',
        min: first,
        max: last === first ? first + 1000 : last,
        axisTick: { customValues: ticks },
        axisLabel: {
          customValues: ticks,
          color: COLOUR.soft,
          hideOverlap: true,
          formatter: (value: number) => tickTime(value, last - first, show.timeZone),
        },
        axisLine: { lineStyle: { color: COLOUR.line } },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        min: 0,
        max: top > 0 ? top : 1,
        splitNumber: 4,
        axisLabel: { color: COLOUR.soft, showMaxLabel: false, formatter: show.unit },
        splitLine: { lineStyle: { color: COLOUR.line } },
      },
      series: [
        {
          type: 'line',
          data: trend.points.map(({ at, value, verdict }) => ({
            value: [at, value],
            itemStyle: { color: VERDICT_COLOUR[verdict] },
            symbolSize: verdict === 'healthy' ? 5 : 10,
          })),
          symbol: 'circle',
          lineStyle: { color: COLOUR.accent, width: 2 },
          markLine: { silent: true, symbol: 'none', animation: false, data: markLines(trend, narrow) },
          markArea: { silent: true, animation: false, data: markAreas(trend, top) },
        },
        {
          // Without data there is no height: a mark on the axis says that somebody looked and saw nothing.
          type: 'scatter',
          symbol: 'diamond',
          symbolSize: 10,
          itemStyle: { color: VERDICT_COLOUR.unknown },
          data: trend.points.filter(({ value }) => value === null).map(({ at }) => [at, 0]),
        },
      ],
    },
  }
}

function markLines(trend: Trend, narrow: boolean): object[] {
  const label = (formatter: string, position: string, colour: string): object => ({
    formatter,
    position,
    color: colour,
    fontSize: narrow ? 10 : 12,
  })
  return [
    ...(trend.threshold === null
      ? []
      : [
          {
            yAxis: trend.threshold,
            lineStyle: { color: COLOUR.bad, type: 'dashed' },
            label: label('rollback threshold', 'insideEndTop', COLOUR.bad),
          },
        ]),
    ...(trend.baseline === null
      ? []
      : [
          {
            yAxis: trend.baseline.middle,
            lineStyle: { color: COLOUR.soft, type: 'dotted' },
            // On a phone it would stand on the line; there the caption says it.
            label: { ...label('baseline', 'end', COLOUR.soft), show: !narrow },
          },
        ]),
    ...(trend.migration === null
      ? []
      : [
          {
            xAxis: trend.migration.to,
            lineStyle: { color: COLOUR.ink, type: 'solid' },
            label: label('migrated', 'end', COLOUR.ink),
          },
        ]),
    ...(trend.rollbackAt === null
      ? []
      : [
          {
            xAxis: trend.rollbackAt,
            lineStyle: { color: COLOUR.bad, type: 'solid' },
            label: label('rollback', 'end', COLOUR.bad),
          },
        ]),
  ]
}

function markAreas(trend: Trend, top: number): object[][] {
  return [
    ...(trend.baseline === null || trend.baseline.high <= trend.baseline.low
      ? []
      : [[{ yAxis: trend.baseline.low, itemStyle: { color: COLOUR.band } }, { yAxis: trend.baseline.high }]]),
    ...(trend.threshold === null
      ? []
      : [[{ yAxis: trend.threshold, itemStyle: { color: 'var(--over)' } }, { yAxis: top }]]),
    ...(trend.migration === null
      ? []
      : [
          [{ xAxis: trend.migration.from, itemStyle: { color: COLOUR.plan } }, { xAxis: trend.migration.to }],
        ]),
  ]
}

const NICE_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
]

function tickInterval(spanMs: number, ticks: number): number {
  return NICE_MS.find((step) => spanMs / step <= ticks) ?? Math.ceil(spanMs / ticks / 86_400_000) * 86_400_000
}

/** Full hours rather than hours after whenever it began. */
function roundTimes(first: number, last: number, ticks: number): number[] {
  const step = tickInterval(last - first, ticks)
  const start = Math.ceil(first / step) * step
  return Array.from({ length: Math.floor((last - start) / step) + 1 }, (_, index) => start + index * step)
}

function tickTime(at: number, spanMs: number, timeZone: string): string {
  const clock = clockTime(at, timeZone)
  return spanMs < 600_000 ? `${clock}:${String(Math.floor(at / 1000) % 60).padStart(2, '0')}` : clock
}
