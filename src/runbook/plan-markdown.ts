import type { PlanView } from '../contract/plan-view.js'
import { codeBlock, paragraphs, prose } from '../text/markdown.js'
import { planBlocks, planHeadline, type PlanBlock, type PlanPart } from './plan-blocks.js'

/** A plan in Markdown that Temporal's UI renders: no headings, no list inside a list. */
export function planMarkdown(view: PlanView): string {
  return paragraphs(`**${prose(planHeadline(view))}**`, ...planBlocks(view).map(block))
}

function block({ title, parts }: PlanBlock): string {
  const pieces: string[] = []
  let list: string[] = []
  const endList = (): void => {
    if (list.length > 0) pieces.push(list.join('\n'))
    list = []
  }
  for (const part of parts) {
    if (part.kind === 'line') list.push(item(part))
    else {
      endList()
      pieces.push(codeBlock(part.rows.join('\n'), part.language))
    }
  }
  endList()
  return paragraphs(`**${title}**`, ...pieces)
}

function item({ text, under }: Extract<PlanPart, { kind: 'line' }>): string {
  return `- ${under === true ? '↳ ' : ''}${prose(text)}`
}
