import { buildReport } from './build.js'
import { errorTrend, latencyTrend, stepBars } from './chart-data.js'
import {
  lineOf,
  type Block,
  type Figure,
  type Line,
  type ReportDocument,
  type Span,
  type Tick,
} from './document.js'
import type { ReportInput } from './input.js'
import { escapeMarkup } from '../../text/markup.js'
import { REPORT_STYLE } from './style.js'
import { timelineChart } from './timeline-chart.js'
import { trendChart } from './trend-chart.js'

/** The report as one self-contained HTML page: no script, no network. Safe for whatever people or databases put in. */
export function renderHtml(input: ReportInput): string {
  const report = buildReport(input)
  const page = (one: Block): string => block(one, (figure) => picture(figure, input))
  const sections = report.sections.map(
    ({ id, title, blocks }) =>
      `<section id="${escapeMarkup(id)}"><h2>${escapeMarkup(title)}</h2>\n${blocks.map(page).join('\n')}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeMarkup(report.title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body><main>
${head(report)}
${sections.join('\n')}
<footer>${escapeMarkup(report.madeFrom)}</footer>
</main></body>
</html>
`
}

function head({ title, headline, figures, sections }: ReportDocument): string {
  const advice = headline.advice === undefined ? '' : `<p>Next: ${line(lineOf(headline.advice))}</p>`
  return `<h1>${escapeMarkup(title)}</h1>
<div class="outcome ${headline.tone}"><strong>${escapeMarkup(headline.word)}</strong>${escapeMarkup(headline.message)}${advice}</div>
<dl>${figures.map(({ label, value }) => `<div><dt>${escapeMarkup(label)}</dt><dd>${span(value)}</dd></div>`).join('\n')}</dl>
<nav>${sections.map((one) => `<a href="#${escapeMarkup(one.id)}">${escapeMarkup(one.title)}</a>`).join('\n')}</nav>`
}

function block(one: Block, drawn: (figure: Figure) => string): string {
  switch (one.kind) {
    case 'text':
      return `<p>${line(one.line)}</p>`
    case 'list':
      return `<ul>${one.items.map((item) => `<li>${line(item)}</li>`).join('\n')}</ul>`
    case 'ticks':
      return `<ul class="ticks">${one.items.map(tick).join('\n')}</ul>`
    case 'table':
      return tableOf(one.head, one.rows)
    case 'code':
      return `<pre><code>${escapeMarkup(one.text)}</code></pre>`
    case 'fold':
      return `<details><summary>${escapeMarkup(one.summary)}</summary>\n${one.blocks.map((inner) => block(inner, drawn)).join('\n')}</details>`
    case 'figure':
      return drawn(one)
  }
}

/** On a phone each cell stands on its own line, with its column's name before it. */
function tableOf(heads: readonly string[], rows: readonly (readonly Line[])[]): string {
  const header = `<thead><tr>${heads.map((name) => `<th scope="col">${escapeMarkup(name)}</th>`).join('')}</tr></thead>`
  const body = rows.map(
    (cells) =>
      `<tr>${cells.map((cell, at) => `<td${cell === '-' ? ' class="none"' : ''} data-head="${escapeMarkup(heads[at] ?? '')}">${line(cell)}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll"><table>${header}<tbody>\n${body.join('\n')}\n</tbody></table></div>`
}

function tick({ state, tone, line: content }: Tick): string {
  const mark = { yes: '☑', no: '☐', unknown: '?' }[state]
  const said = state === 'unknown' ? ' unknown' : ''
  return `<li class="${tone}"><b>${mark}</b>${line(content)}${said}</li>`
}

/** Two sizes of each chart: one SVG scaled down to a phone would be too small to read. */
const CHART_WIDTHS = { wide: 900, narrow: 380 } as const

function picture({ figure, caption }: Figure, input: ReportInput): string {
  const pictures = Object.entries(CHART_WIDTHS).flatMap(([name, width]) => {
    const chart = chartOf(figure, input, width)
    return chart === null
      ? []
      : [`<div class="${name}" role="img" aria-label="${escapeMarkup(caption)}">${chart}</div>`]
  })
  if (pictures.length === 0) return ''
  return `<figure>${pictures.join('\n')}<figcaption>${escapeMarkup(caption)}</figcaption></figure>`
}

/** Null where there is nothing to draw. */
function chartOf(figure: Figure['figure'], input: ReportInput, width: number): string | null {
  const timeZone = input.timeZone ?? 'UTC'
  switch (figure) {
    case 'timeline': {
      const bars = stepBars(input)
      return bars.length === 0 ? null : timelineChart(bars, width)
    }
    case 'latency': {
      const trend = latencyTrend(input)
      return trend === null
        ? null
        : trendChart(trend, width, { timeZone, unit: (value) => `${Math.round(value)} ms` })
    }
    case 'error-rate': {
      const trend = errorTrend(input)
      const unit = (value: number): string => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`
      return trend === null ? null : trendChart(trend, width, { timeZone, unit })
    }
  }
}

function line(content: Line): string {
  return isSpan(content) ? span(content) : content.map(span).join('')
}

function isSpan(content: Line): content is Span {
  return !Array.isArray(content)
}

function span(content: Span): string {
  if (typeof content === 'string') return escapeMarkup(content)
  return 'code' in content
    ? `<code>${escapeMarkup(content.code)}</code>`
    : `<strong>${escapeMarkup(content.strong)}</strong>`
}
