import { code, codeBlock, paragraphs, prose, table } from '../../text/markdown.js'
import { buildReport } from './build.js'
import { commandLine } from '../../contract/command-line.js'
import { isNextCommand } from '../../contract/next-command.js'
import {
  columnName,
  type Block,
  type Line,
  type ReportDocument,
  type Span,
  type Tick,
  type Tone,
} from './document.js'
import type { ReportInput } from './input.js'

const ICONS: Record<Tone, string> = { good: '✅', bad: '❌', warn: '⚠️', neutral: 'ℹ️' }

/** The report as Markdown; says the same as the HTML form, with tables in place of charts. */
export function renderMarkdown(input: ReportInput): string {
  return documentMarkdown(buildReport(input))
}

export function documentMarkdown(report: ReportDocument): string {
  const { tone, word, message, advice, choices = [] } = report.headline
  const head = paragraphs(
    `# ${prose(report.title)}`,
    `${ICONS[tone]} **${prose(word)}**: ${prose(message)}`,
    advice !== undefined && `Next: ${line(advice)}`,
    choices.map((one) => `- ${line(one)}`).join('\n'),
    table(
      ['', ''],
      report.figures.map(({ label, value }) => [prose(label), span(value)]),
    ),
  )
  const sections = report.sections.map(({ title, blocks }) =>
    paragraphs(`## ${prose(title)}`, ...blocks.map(block)),
  )
  return `${paragraphs(head, ...sections, '---', prose(report.madeFrom))}\n`
}

function block(one: Block): string {
  switch (one.kind) {
    case 'heading':
      return `### ${prose(one.text)}`
    case 'text':
      return line(one.line)
    case 'list':
      return one.items.map((item) => `- ${line(item)}`).join('\n')
    case 'ticks':
      return one.items.map(tick).join('\n')
    case 'table':
      return table(
        one.head.map((column) => prose(columnName(column))),
        one.rows.map((cells) => cells.map(line)),
        one.head.map((column) => typeof column !== 'string' && 'number' in column),
      )
    case 'code':
      return codeBlock(one.text, one.language)
    case 'fold':
      return `<details>\n<summary>${prose(one.summary)}</summary>\n\n${paragraphs(...one.blocks.map(block))}\n\n</details>`
    case 'figure':
      return ''
  }
}

function tick({ state, tone, word, line: content }: Tick): string {
  return `- [${state === 'yes' ? 'x' : ' '}] ${ICONS[tone]} ${prose(word)}: ${line(content)}`
}

function line(content: Line): string {
  return isSpan(content) ? span(content) : content.map(span).join('')
}

function isSpan(content: Line): content is Span {
  return !Array.isArray(content)
}

/** Spaces at the ends matter here: spans are joined. */
function span(content: Span): string {
  if (typeof content === 'string') {
    const [, before = '', middle = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(content) ?? []
    return `${before === '' ? '' : ' '}${prose(middle)}${after === '' ? '' : ' '}`
  }
  if (isNextCommand(content)) return code(commandLine(content))
  return 'code' in content ? code(content.code) : `**${prose(content.strong)}**`
}
