import type { Finding, PlanVerdict } from '../../contract/finding.js'
import { tokenize } from '../../d1/sql/tokens.js'
import { ak101 } from '../rules/ak101.js'
import { findingOf, same } from '../rules/rule.js'

/** One line `-- d1-runbook: accept CODE object[.column]: reason` of a migration file. */
export interface Acknowledgement {
  file: string
  line: number
  code: string
  /** Table, or table.column. */
  object: string
  reason: string
}

const LINE =
  /^--\s*d1-runbook:\s*accept\s+(?<code>[A-Za-z]+\d+[A-Za-z]*\d*)\s+(?<object>[^:]+?)\s*:\s*(?<reason>\S.*?)\s*$/i
const ATTEMPT = /^--\s*d1-runbook:\s*accept\b/i

/** The acknowledgements of a file. A line that starts like one and cannot be read has an empty code. */
export function acknowledgementsIn(file: { name: string; sql: string }): Acknowledgement[] {
  if (!/d1-runbook/i.test(file.sql)) return []
  return [...tokenize(file.sql)]
    .filter(({ kind, text }) => kind === 'comment' && ATTEMPT.test(text))
    .map(({ text, start }) => {
      const groups = LINE.exec(text.trimEnd())?.groups
      return {
        file: file.name,
        line: file.sql.slice(0, start).split('\n').length,
        code: groups?.['code']?.toUpperCase() ?? '',
        object: (groups?.['object'] ?? '').replace(/["`[\]]/g, ''),
        reason: groups?.['reason'] ?? '',
      }
    })
}

/**
 * Marks the findings that their own file accepts, one code and object at a time, and adds a warning for each acknowledgement that
 * matches nothing. A finding of a column is also matched by its table alone. `complete` is false where the data was not looked at:
 * then an acknowledgement may be for what only a rehearsal finds.
 */
export function acknowledge(
  findings: Finding[],
  files: { name: string; sql: string }[],
  options: { complete: boolean } = { complete: true },
): Finding[] {
  const lines = files.flatMap(acknowledgementsIn)
  const used = new Set<Acknowledgement>()
  const marked = findings.map((finding) => {
    const line = lines.find((candidate) => accepts(candidate, finding))
    if (line === undefined) return finding
    used.add(line)
    return { ...finding, accepted: line.reason }
  })
  const unused = lines.filter((line) => !used.has(line) && (options.complete || line.code === ''))
  return [...marked, ...unused.map(matchesNothing)]
}

function accepts(line: Acknowledgement, finding: Finding): boolean {
  if (line.file !== finding.migration || line.code !== finding.code) return false
  const { table, column } = finding
  if (table === undefined) return same(line.object, finding.migration) || line.object === '*'
  return same(line.object, table) || (column !== undefined && same(line.object, `${table}.${column}`))
}

function matchesNothing(line: Acknowledgement) {
  const message =
    line.code === ''
      ? 'This acknowledgement cannot be read: it is `-- d1-runbook: accept CODE table[.column]: reason`.'
      : `The acknowledgement of ${line.code} for ${line.object} matches no finding.`
  return findingOf(ak101, 'warning', line, message)
}

/** Any error that nobody accepted blocks; a warning or an accepted error wants to be seen; else all is well. */
export function verdictOf(findings: Finding[]): PlanVerdict {
  if (findings.some(({ severity, accepted }) => severity === 'error' && accepted === undefined))
    return 'block'
  return findings.some(({ severity }) => severity !== 'info') ? 'acknowledge' : 'ok'
}
