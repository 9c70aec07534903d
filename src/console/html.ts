import { commandLine } from '../contract/command-line.js'
import type { Words } from '../contract/next-command.js'
import { escapeMarkup } from '../text/markup.js'

/** Markup that is safe as it stands. Whatever else stands in {@link html} is text of others, and is escaped. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

export type Piece = Html | string | number | undefined | false | readonly Piece[]

/** Template tag. Attributes stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(strings.map((text, at) => `${text}${markupOf(values[at])}`).join(''))
}

function markupOf(piece: Piece): string {
  if (piece instanceof Html) return piece.markup
  if (piece === undefined || piece === false) return ''
  if (typeof piece === 'object') return piece.map(markupOf).join('')
  return escapeMarkup(String(piece))
}

/** A text for people; the commands in it as code. */
export function wordsHtml(text: Words): Html {
  const pieces = typeof text === 'string' ? [text] : text
  return html`${pieces.map((piece) =>
    typeof piece === 'string' ? piece : html`<code>${commandLine(piece)}</code>`,
  )}`
}
