import { visibleIn } from '../../text/visible.js'
import { fixPlace } from '../../text/fix.js'
import type { Finding } from '../../contract/finding.js'
import type { Colors } from './output.js'
import { linesOf, mapText, words, type Words } from '../../contract/next-command.js'

/** Two or three lines a finding: where, what, what to do. Errors first. */
export function findingLines(findings: readonly Finding[], colors: Colors): Words[] {
  const order = { error: 0, warning: 1, info: 2 }
  return visibleIn([...findings])
    .sort((a, b) => order[a.severity] - order[b.severity])
    .flatMap((finding) => {
      const place = finding.line === undefined ? finding.migration : `${finding.migration}:${finding.line}`
      const paint = { error: colors.red, warning: colors.yellow, info: colors.cyan }[finding.severity]
      const label = finding.accepted === undefined ? finding.severity : 'accepted'
      return [
        `${paint(label.padEnd(8))} ${colors.bold(finding.code)} ${place}  ${finding.message}`,
        ...(finding.accepted === undefined ? [] : [`         accepted: ${finding.accepted}`]),
        ...[...linesOf(finding.advice), ...queryLines(finding), ...fixLines(finding)].map((line) =>
          mapText(words`         ${line}`, colors.dim),
        ),
      ]
    })
}

function fixLines({ fix }: Finding): string[] {
  return fix === undefined ? [] : [fixPlace(fix), ...fix.sql.split('\n')]
}

function queryLines({ query }: Finding): string[] {
  return query === undefined ? [] : [`Find the rows: ${query}`]
}
