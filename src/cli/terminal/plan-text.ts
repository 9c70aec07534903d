import type { Words } from '../../contract/next-command.js'
import type { PlanView } from '../../contract/plan-view.js'
import { planBlocks, planHeadline, type PlanBlock, type PlanPart } from '../../runbook/plan-blocks.js'
import type { Colors, Output } from './output.js'

/** A plan as lines for a terminal. */
export function planText(view: PlanView, colors: Colors): Words[] {
  return [verdictLine(view, colors), ...planBlocks(view).flatMap((block) => blockText(block, colors))]
}

/** The same as rows of {@link Output.block}; `findings`, rows already, have advice, and SQL to paste that nothing breaks. */
export function planRowsWith(
  findings: readonly Words[],
  view: PlanView,
  { colors, block }: Pick<Output, 'colors' | 'block'>,
): Words[] {
  const rows = (lines: readonly Words[]): Words[] => lines.flatMap((line) => block(line))
  return planBlocks(view).flatMap(({ title, parts }): Words[] => {
    if (title !== 'Findings' || findings.length === 0) return rows(blockText({ title, parts }, colors))
    return [
      colors.bold(title),
      ...findings,
      ...rows(parts.filter(isNoFinding).flatMap((part) => partLines(part, colors))),
    ]
  })
}

export function verdictLine(view: Pick<PlanView, 'verdict' | 'planHash'>, colors: Colors): string {
  const paint = { ok: colors.green, acknowledge: colors.yellow, block: colors.red }[view.verdict]
  return paint(colors.bold(planHeadline(view)))
}

function blockText({ title, parts }: PlanBlock, colors: Colors): string[] {
  return [colors.bold(title), ...parts.flatMap((part) => partLines(part, colors))]
}

function isNoFinding(part: PlanPart): boolean {
  return part.kind === 'line' && part.tone === undefined
}

/** Blanks stand before the colour: a line that goes on in the next row is set off by them. */
function partLines(part: PlanPart, colors: Colors): string[] {
  if (part.kind === 'line') {
    const paints = { error: colors.red, warning: colors.yellow, info: colors.cyan, name: colors.bold }
    const paint = part.tone === undefined ? (text: string) => text : paints[part.tone]
    return [`  ${part.under === true ? '- ' : ''}${paint(part.text)}`]
  }
  const { dim, green, red } = colors
  return part.rows.map((row) => {
    const changes = part.language === 'diff'
    const paint = changes && row.startsWith('+') ? green : changes && row.startsWith('-') ? red : dim
    const [, blanks = '', text = ''] = /^( *)(.*)$/s.exec(row) ?? []
    return `    ${blanks}${paint(text)}`
  })
}
