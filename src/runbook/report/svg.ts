import { escapeMarkup } from '../../text/markup.js'

/** Colours are the page's own CSS variables, so that one SVG serves light, dark and print. */
export const COLOUR = {
  ink: 'var(--ink)',
  soft: 'var(--soft)',
  line: 'var(--line)',
  accent: 'var(--accent)',
  plan: 'var(--plan)',
  band: 'var(--band)',
  over: 'var(--over)',
  good: 'var(--good)',
  warn: 'var(--warn)',
  bad: 'var(--bad)',
} as const
export type Colour = (typeof COLOUR)[keyof typeof COLOUR]

/** Where a chart's data is drawn, in pixels of the SVG: between its labels. */
export interface Plot {
  left: number
  right: number
  top: number
  bottom: number
}

/** The picture of one chart, which scales with its page. */
export function svg({ width, height }: { width: number; height: number }, ...content: string[]): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="system-ui, sans-serif" font-size="12">${content.join('')}</svg>`
  )
}

export function shape(name: 'rect' | 'line' | 'polyline' | 'circle' | 'path', attributes: object): string {
  return `<${name}${attributesOf(attributes)}/>`
}

export interface LabelStyle {
  x: number
  /** Of the baseline of the letters. */
  y: number
  colour: Colour
  anchor?: 'start' | 'middle' | 'end'
  size?: number
}

export function label(text: string, { x, y, colour, anchor = 'start', size = 12 }: LabelStyle): string {
  const attributes = { x, y, fill: colour, 'text-anchor': anchor, 'font-size': size }
  return `<text${attributesOf(attributes)}>${escapeMarkup(text)}</text>`
}

/** What a text of this size takes, about: fonts differ. */
export function widthOf(text: string, size = 12): number {
  return text.length * size * 0.58
}

/** Labels under an axis, in their order; one that would touch the one before it is left out, none leaves the picture. */
export function axisLabels(
  labels: readonly { x: number; text: string }[],
  { y, width }: { y: number; width: number },
): string {
  let free = 0
  return labels
    .map(({ x, text }) => {
      const half = widthOf(text) / 2
      const middle = Math.min(Math.max(x, half), width - half)
      if (middle - half < free) return ''
      free = middle + half + 8
      return label(text, { x: middle, y, colour: COLOUR.soft, anchor: 'middle' })
    })
    .join('')
}

function attributesOf(attributes: object): string {
  return Object.entries(attributes)
    .map(
      ([name, value]) => ` ${name}="${typeof value === 'number' ? Number(value.toFixed(2)) : String(value)}"`,
    )
    .join('')
}
