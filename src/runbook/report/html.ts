import { commandLine } from '../../contract/command-line.js'
import { isNextCommand } from '../../contract/next-command.js'
import { buildReport } from './build.js'
import { errorTrend, latencyTrend, stepBars } from './chart-data.js'
import {
  columnName,
  type Block,
  type Column,
  type Figure,
  type Line,
  type ReportDocument,
  type Span,
  type Tick,
  type Tone,
} from './document.js'
import type { ReportInput } from './input.js'
import type { Words } from '../../contract/next-command.js'
import { escapeMarkup } from '../../text/markup.js'
import { REPORT_STYLE } from './style.js'
import { timelineChart } from './timeline-chart.js'
import { trendChart } from './trend-chart.js'

/** The report as one self-contained HTML page: no script, no network. Safe for whatever people or databases put in. */
export function renderHtml(input: ReportInput): string {
  const report = buildReport(input)
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
${sectionsOf(report, input)}
<footer>${escapeMarkup(report.madeFrom)}</footer>
</main></body>
</html>
`
}

/** The report's own sections with these ids, in its order: for a page of another kind that has {@link REPORT_STYLE}. */
export function reportSections(input: ReportInput, ids: readonly string[]): string {
  const report = builtOf(input)
  return sectionsOf({ sections: report.sections.filter(({ id }) => ids.includes(id)) }, input)
}

/** A page shows several parts of one report, and building it is most of the work. */
const built = new WeakMap<ReportInput, ReportDocument>()

function builtOf(input: ReportInput): ReportDocument {
  const report = built.get(input) ?? buildReport(input)
  built.set(input, report)
  return report
}

function sectionsOf({ sections }: Pick<ReportDocument, 'sections'>, input: ReportInput): string {
  const page = (one: Block): string => block(one, (figure) => picture(figure, input))
  return sections
    .map(
      ({ id, title, blocks }) =>
        `<section id="${escapeMarkup(id)}"><h2>${escapeMarkup(title)}</h2>\n${blocks.map(page).join('\n')}</section>`,
    )
    .join('\n')
}

/** How the run stands, as the report begins; without the commands of what people may do next. */
export function standingOf(input: ReportInput): { title: string; word: string; html: string } {
  const { title, headline } = builtOf(input)
  return { title, word: headline.word, html: outcome({ ...headline, choices: [] }) }
}

function outcome(headline: ReportDocument['headline']): string {
  const advice = headline.advice === undefined ? '' : `<p>Next: ${line(headline.advice)}</p>`
  return `<div class="outcome ${headline.tone}"><p class="word">${MARKS[headline.tone]} ${escapeMarkup(headline.word)}</p><p>${escapeMarkup(headline.message)}</p>${advice}${choices(headline.choices ?? [])}</div>`
}

function head({ title, headline, figures, sections }: ReportDocument): string {
  return `<header><h1>${escapeMarkup(title)}</h1>
${outcome(headline)}</header>
<dl>${figures.map(({ label, value }) => `<div><dt>${escapeMarkup(label)}</dt><dd>${span(value)}</dd></div>`).join('\n')}</dl>
<nav aria-label="Sections">${sections.map((one) => `<a href="#${escapeMarkup(one.id)}">${escapeMarkup(one.title)}</a>`).join('\n')}</nav>`
}

function choices(lines: readonly Words[]): string {
  if (lines.length === 0) return ''
  return `<ul class="choices">${lines.map((one) => `<li>${line(one)}</li>`).join('\n')}</ul>`
}

const MARKS: Record<Tone, string> = { good: '✓', bad: '✗', warn: '!', neutral: '…' }

function block(one: Block, drawn: (figure: Figure) => string): string {
  switch (one.kind) {
    case 'heading':
      return `<h3>${escapeMarkup(one.text)}</h3>`
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
function tableOf(heads: readonly Column[], rows: readonly (readonly Line[])[]): string {
  const header = `<thead><tr>${heads.map((column) => `<th scope="col"${classes(kindOf(column))}>${escapeMarkup(columnName(column))}</th>`).join('')}</tr></thead>`
  const body = rows.map(
    (cells) =>
      `<tr>${cells.map((cell, at) => `<td${classes(kindOf(heads[at] ?? ''), cell === '-' && 'none')} data-head="${escapeMarkup(columnName(heads[at] ?? ''))}">${line(cell)}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll" tabindex="0"><table>${header}<tbody>\n${body.join('\n')}\n</tbody></table></div>`
}

function kindOf(column: Column): string {
  if (typeof column === 'string') return ''
  return 'number' in column ? 'number' : 'whole'
}

function classes(...names: (string | false)[]): string {
  const given = names.filter((name) => name !== '' && name !== false)
  return given.length === 0 ? '' : ` class="${given.join(' ')}"`
}

function tick({ tone, word, line: content }: Tick): string {
  const mark = tone === 'warn' ? '?' : MARKS[tone]
  return `<li class="${tone}"><b>${mark} ${escapeMarkup(word)}</b><span>${line(content)}</span></li>`
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
  if (isNextCommand(content)) return `<code>${codeWords(commandLine(content))}</code>`
  return 'code' in content
    ? `<code>${codeWords(content.code)}</code>`
    : `<strong>${escapeMarkup(content.strong)}</strong>`
}

/** A line may break behind a hyphen, and an option that is torn there is read wrong. Only what fits on a phone stays whole. */
function codeWords(code: string): string {
  return code
    .split(' ')
    .map((word) =>
      word.includes('-') && word.length <= 36
        ? `<span class="word-whole">${escapeMarkup(word)}</span>`
        : escapeMarkup(word),
    )
    .join(' ')
}
