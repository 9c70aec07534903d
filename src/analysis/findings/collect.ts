import type { Finding } from '../../contract/finding.js'
import type { Evidence } from '../evidence.js'
import type { History } from '../rules/history.js'
import { RULES } from '../rules/index.js'

/** All that the rules say about a stretch of migrations. */
export function collectFindings(evidence: Evidence): Finding[] {
  return RULES.flatMap((rule) => rule.check?.(evidence) ?? [])
}

/** All that the rules say about names, numbers and the ledger. */
export function collectHistoryFindings(history: History): Finding[] {
  return RULES.flatMap((rule) => rule.checkHistory?.(history) ?? [])
}

const RANK = { error: 0, warning: 1, info: 2 } as const

/** In the order of the files and lines, the worst first, each finding once. */
export function arrange(findings: Finding[], files: { name: string }[]): Finding[] {
  const position = new Map(files.map(({ name }, at) => [name, at]))
  const seen = new Set<string>()
  return findings
    .filter((finding) => {
      const identity = JSON.stringify([
        finding.code,
        finding.migration,
        finding.line,
        finding.table,
        finding.column,
        finding.message,
      ])
      return !seen.has(identity) && seen.add(identity)
    })
    .sort(
      (a, b) =>
        RANK[a.severity] - RANK[b.severity] ||
        (position.get(a.migration) ?? -1) - (position.get(b.migration) ?? -1) ||
        (a.line ?? 0) - (b.line ?? 0),
    )
}
