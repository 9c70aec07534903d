import { plain } from '../../contract/command-line.js'
import { plural } from '../../text/plural.js'
import type { Finding } from '../../contract/finding.js'

/** A comment for a pull request. */
export function formatMarkdown(findings: Finding[]): string {
  if (findings.length === 0) return '### Migrations\n\nNothing was found.\n'
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity && finding.accepted === undefined).length
  const rows = findings.map(
    (finding) =>
      `| ${ICON[finding.severity]} ${finding.code} | ${cell(place(finding))} | ${cell(finding.message)}${finding.accepted === undefined ? '' : ` _(accepted: ${cell(finding.accepted)})_`} |`,
  )
  const advice = findings
    .filter(({ severity, accepted }) => severity === 'error' && accepted === undefined)
    .map(
      (finding) =>
        `<details><summary>${finding.code} ${cell(place(finding))}</summary>\n\n${fenced(plain(finding.advice))}\n</details>`,
    )
  return [
    '### Migrations',
    '',
    `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`,
    '',
    '| | where | what |',
    '|---|---|---|',
    ...rows,
    '',
    ...advice,
    '',
  ].join('\n')
}

const ICON = { error: '🛑', warning: '⚠️', info: 'ℹ️' } as const

function place({ migration, line }: Finding): string {
  return line === undefined ? migration : `${migration}:${line}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\r?\n/g, ' ')
}

/** The first line is prose, what follows is SQL to paste. */
function fenced(advice: string): string {
  const [first, ...sql] = advice.split('\n')
  return sql.length === 0 ? (first ?? '') : `${first ?? ''}\n\n\`\`\`sql\n${sql.join('\n')}\n\`\`\``
}
