import type { Finding } from '../../contract/finding.js'

/** A plan or validation as lines for a terminal, the offending lines of the files quoted. */
export function formatText(findings: Finding[], files: { name: string; sql: string }[]): string {
  const sources = new Map(files.map(({ name, sql }) => [name, sql.split(/\r?\n/)]))
  return findings.map((finding) => block(finding, sources.get(finding.migration))).join('\n\n')
}

const MARK = { error: 'error', warning: 'warning', info: 'note' } as const

function block(finding: Finding, lines: string[] | undefined): string {
  const place =
    finding.line === undefined ? finding.migration : `${finding.migration}:${String(finding.line)}`
  const accepted = finding.accepted === undefined ? '' : ` (accepted: ${finding.accepted})`
  const head = `${MARK[finding.severity]} ${finding.code} ${place}${accepted}\n  ${finding.message}`
  const quoted = finding.line === undefined ? undefined : lines?.[finding.line - 1]?.trimEnd()
  const quote = quoted === undefined ? '' : `\n  ${String(finding.line)} | ${quoted.slice(0, 120)}`
  return `${head}${quote}\n  ${finding.advice.replaceAll('\n', '\n  ')}`
}
