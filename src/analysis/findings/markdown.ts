import { plain } from '../../contract/command-line.js'
import { escapeMarkup } from '../../text/markup.js'
import { fixPlace } from '../../text/fix.js'
import { code, codeBlock, paragraphs, prose, table } from '../../text/markdown.js'
import { visibleIn } from '../../text/visible.js'
import { plural } from '../../text/plural.js'
import type { Finding } from '../../contract/finding.js'

/** A comment for a pull request. */
export function formatMarkdown(found: Finding[]): string {
  // What a file or a row holds must not turn the writing round, nor hide in it.
  const findings = visibleIn(found)
  if (findings.length === 0) return '### Migrations\n\nNothing was found.\n'
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity && finding.accepted === undefined).length
  const rows = findings.map((finding) => [
    `${ICON[finding.severity]} ${finding.code}`,
    code(place(finding)),
    `${prose(finding.message)}${finding.accepted === undefined ? '' : ` _(accepted: ${prose(finding.accepted)})_`}`,
  ])
  return paragraphs(
    '### Migrations',
    `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`,
    table(['', 'where', 'what'], rows),
    ...findings.filter(wantsAdvice).map(details),
  ).concat('\n')
}

/** What blocks, and what can be put right by pasting. */
function wantsAdvice({ severity, accepted, fix }: Finding): boolean {
  return accepted === undefined && (severity === 'error' || fix !== undefined)
}

function details(finding: Finding): string {
  const { code: id, fix, query } = finding
  // Behind the first line stands SQL to paste in more than one place.
  const [advice = '', ...sql] = plain(finding.advice).split('\n')
  return paragraphs(
    `<details><summary>${id} ${escapeMarkup(place(finding))}</summary>`,
    prose(advice),
    sql.length > 0 && codeBlock(sql.join('\n'), 'sql'),
    query !== undefined && codeBlock(query, 'sql'),
    fix !== undefined && prose(fixPlace(fix)),
    fix !== undefined && codeBlock(fix.sql, 'sql'),
    '</details>',
  )
}

const ICON = { error: '🛑', warning: '⚠️', info: 'ℹ️' } as const

function place({ migration, line }: Finding): string {
  return line === undefined ? migration : `${migration}:${line}`
}
