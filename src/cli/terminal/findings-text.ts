import stringWidth from 'string-width'
import { visibleIn } from '../../text/visible.js'
import { adviceOf, fixPlace } from '../../text/fix.js'
import type { Finding } from '../../contract/finding.js'
import type { Output } from './output.js'
import { linesOf, mapText, words, type Words } from '../../contract/next-command.js'

type Screen = Pick<Output, 'colors' | 'live' | 'columns' | 'block' | 'text'>

/**
 * Two or three lines a finding: where, what, what to do. Errors first. On a screen what is too long for it goes on under its own text; SQL
 * to paste is never broken. What a file, a row or a server wrote is written out where it could move the cursor or turn the writing round.
 */
export function findingLines(findings: readonly Finding[], screen: Screen, indent = ''): Words[] {
  const { colors } = screen
  const order = { error: 0, warning: 1, info: 2 }
  const hang = `${indent}${' '.repeat(9)}`
  const told = (text: Words): Words[] =>
    fits(screen, words`${hang}${text}`)
      ? [words`${hang}${text}`]
      : screen.block(text, { indent: hang, hang: `${hang}  ` })
  const dim = (lines: readonly Words[]): Words[] => lines.map((line) => mapText(line, colors.dim))
  return visibleIn([...findings])
    .sort((a, b) => order[a.severity] - order[b.severity])
    .flatMap((finding) => {
      const place = finding.line === undefined ? finding.migration : `${finding.migration}:${finding.line}`
      const paint = { error: colors.red, warning: colors.yellow, info: colors.cyan }[finding.severity]
      const label = finding.accepted === undefined ? finding.severity : 'accepted'
      const head = `${indent}${paint(label.padEnd(8))} ${colors.bold(finding.code)} ${place}`
      const message = fits(screen, `${head}  ${finding.message}`)
        ? [`${head}  ${finding.message}`]
        : [head, ...told(finding.message)]
      const advice = adviceOf(finding)
      const pasted = [...queryLines(finding), ...fixLines(finding)].map((line) => `${hang}${line}`)
      return [
        ...message,
        ...(finding.accepted === undefined ? [] : told(`accepted: ${finding.accepted}`)),
        ...dim([...(advice === undefined ? [] : linesOf(advice).flatMap(told)), ...pasted]),
      ]
    })
}

/** A pipe has no width. */
function fits({ live, columns, text }: Screen, line: Words): boolean {
  return !live || stringWidth(text(line)) < columns()
}

function fixLines({ fix }: Finding): string[] {
  return fix === undefined ? [] : [fixPlace(fix), ...fix.sql.split('\n')]
}

function queryLines({ query }: Finding): string[] {
  return query === undefined ? [] : [`Find the rows: ${query}`]
}
