import { buildReport } from './build.js'
import { errorTrend, latencyTrend, stepBars } from './chart-data.js'
import { CHART_WIDTHS, timelineDrawing, trendDrawing, type Drawing } from './charts.js'
import type { Block, Figure, Line, ReportDocument, Span, Tick } from './document.js'
import { loadDraw, type Draw } from './draw.js'
import type { ReportInput } from './input.js'
import { REPORT_STYLE } from './style.js'

/** The report as one self-contained HTML page: no script, no network. Safe for whatever people or databases put in. */
export async function renderHtml(input: ReportInput): Promise<string> {
  const draw = await loadDraw()
  const report = buildReport(input)
  const page = (one: Block): string => block(one, (figure) => picture(figure, input, draw))
  const sections = report.sections.map(
    ({ id, title, blocks }) =>
      `<section id="${escape(id)}"><h2>${escape(title)}</h2>\n${blocks.map(page).join('\n')}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(report.title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body><main>
${head(report)}
${sections.join('\n')}
<footer>${escape(report.madeFrom)}</footer>
</main></body>
</html>
`
}

function head({ title, headline, figures, sections }: ReportDocument): string {
  const advice = headline.advice === undefined ? '' : `<p>Next: ${escape(headline.advice)}</p>`
  return `<h1>${escape(title)}</h1>
<div class="outcome ${headline.tone}"><strong>${escape(headline.word)}</strong>${escape(headline.message)}${advice}</div>
<dl>${figures.map(({ label, value }) => `<div><dt>${escape(label)}</dt><dd>${span(value)}</dd></div>`).join('\n')}</dl>
<nav>${sections.map((one) => `<a href="#${escape(one.id)}">${escape(one.title)}</a>`).join('\n')}</nav>`
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
      return `<pre><code>${escape(one.text)}</code></pre>`
    case 'fold':
      return `<details><summary>${escape(one.summary)}</summary>\n${one.blocks.map((inner) => block(inner, drawn)).join('\n')}</details>`
    case 'figure':
      return drawn(one)
  }
}

/** On a phone each cell stands on its own line, with its column's name before it. */
function tableOf(heads: readonly string[], rows: readonly (readonly Line[])[]): string {
  const header = `<thead><tr>${heads.map((name) => `<th scope="col">${escape(name)}</th>`).join('')}</tr></thead>`
  const body = rows.map(
    (cells) =>
      `<tr>${cells.map((cell, at) => `<td${cell === '-' ? ' class="none"' : ''} data-head="${escape(heads[at] ?? '')}">${line(cell)}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll"><table>${header}<tbody>\n${body.join('\n')}\n</tbody></table></div>`
}

function tick({ state, tone, line: content }: Tick): string {
  const mark = { yes: '☑', no: '☐', unknown: '?' }[state]
  const said = state === 'unknown' ? ' unknown' : ''
  return `<li class="${tone}"><b>${mark}</b>${line(content)}${said}</li>`
}

function picture({ figure, caption }: Figure, input: ReportInput, draw: Draw): string {
  const drawings = Object.entries(CHART_WIDTHS).map(([name, width]) => ({
    name,
    width,
    drawing: drawingOf(figure, input, width),
  }))
  if (drawings.some(({ drawing }) => drawing === null)) return ''
  const svgs = drawings.map(({ name, width, drawing }) =>
    drawing === null
      ? ''
      : `<div class="${name}" role="img" aria-label="${escape(caption)}">${draw(drawing, width)}</div>`,
  )
  return `<figure>${svgs.join('\n')}<figcaption>${escape(caption)}</figcaption></figure>`
}

/** Null where there is nothing to draw. */
function drawingOf(figure: Figure['figure'], input: ReportInput, width: number): Drawing | null {
  const timeZone = input.timeZone ?? 'UTC'
  switch (figure) {
    case 'timeline': {
      const bars = stepBars(input)
      return bars.length === 0 ? null : timelineDrawing(bars, width)
    }
    case 'latency': {
      const trend = latencyTrend(input)
      return trend === null
        ? null
        : trendDrawing(trend, width, { timeZone, unit: (value) => `${Math.round(value)} ms` })
    }
    case 'error-rate': {
      const trend = errorTrend(input)
      const unit = (value: number): string => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`
      return trend === null ? null : trendDrawing(trend, width, { timeZone, unit })
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
  if (typeof content === 'string') return escape(content)
  return 'code' in content
    ? `<code>${escape(content.code)}</code>`
    : `<strong>${escape(content.strong)}</strong>`
}

/** For text and for attributes in double quotes. Control characters are no HTML. */
function escape(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
