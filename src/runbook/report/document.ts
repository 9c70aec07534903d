import type { NextCommand, Words } from '../../contract/next-command.js'

/**
 * The report as data: what it says is decided once, and how it looks twice, in Markdown and in HTML. Text is always
 * plain here; each form escapes it in its one place, and writes commands out as code.
 */
export type Span = string | { code: string } | { strong: string } | NextCommand
export type Line = Span | readonly Span[]

export type Tone = 'good' | 'bad' | 'warn' | 'neutral'

export interface Tick {
  state: 'yes' | 'no' | 'unknown'
  tone: Tone
  /** The same as the mark, for who cannot see it. */
  word: string
  line: Line
}

/** A head of a table. Numbers stand right, under each other; what a line break would tear apart stays on one line. */
export type Column = string | { number: string } | { whole: string }

export function columnName(column: Column): string {
  if (typeof column === 'string') return column
  return 'number' in column ? column.number : column.whole
}

/** A picture for the HTML form; Markdown leaves it out, since the tables beside it hold the same figures. */
export interface Figure {
  kind: 'figure'
  figure: 'timeline' | 'latency' | 'error-rate'
  caption: string
}

export type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'text'; line: Line }
  | { kind: 'list'; items: readonly Line[] }
  | { kind: 'ticks'; items: readonly Tick[] }
  | { kind: 'table'; head: readonly Column[]; rows: readonly (readonly Line[])[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'fold'; summary: string; blocks: readonly Block[] }
  | Figure

export interface Section {
  /** For links: letters and dashes. */
  id: string
  title: string
  blocks: readonly Block[]
}

export interface ReportDocument {
  title: string
  /** The outcome, said first. */
  headline: { tone: Tone; word: string; message: string; advice?: Words; choices?: readonly Words[] }
  figures: readonly { label: string; value: Span }[]
  sections: readonly Section[]
  madeFrom: string
}

export function text(line: Line): Block {
  return { kind: 'text', line }
}

export function heading(said: string): Block {
  return { kind: 'heading', text: said }
}

/** A table, or the sentence that stands for an empty one. */
export function tableOr(empty: Line, head: readonly Column[], rows: readonly (readonly Line[])[]): Block {
  return rows.length === 0 ? text(empty) : { kind: 'table', head, rows }
}
