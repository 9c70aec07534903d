import type { Finding, PlanVerdict } from '../../contract/finding.js'
import { parseStatements, type ParsedStatement } from '../../d1/sql/statements.js'
import { tokenize } from '../../d1/sql/tokens.js'
import { ak101 } from '../rules/ak101.js'
import { findingOf, same } from '../rules/rule.js'
import { anatomyOf, mentions } from '../statement/statement.js'

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
 * Marks the findings that their own file accepts, and adds a warning for each acknowledgement that matches nothing. One covers one code
 * and object of one statement: that in or before which it stands, where this writes the object, else the nearest one with such a finding.
 * A finding of a column is also matched by its table alone. `complete` is false where the data was not looked at: then an
 * acknowledgement may be for what only a rehearsal finds.
 */
export function acknowledge(
  findings: Finding[],
  files: { name: string; sql: string }[],
  options: { complete: boolean } = { complete: true },
): Finding[] {
  const accepted = new Map<Finding, Acknowledgement>()
  const unused = files.flatMap((file) => {
    const lines = acknowledgementsIn(file)
    const statements = lines.length === 0 ? [] : parseStatements(file.sql).statements
    return lines.filter((line) => {
      const open = findings.filter((finding) => !accepted.has(finding) && accepts(line, finding))
      const covered = nearest(line, statements, open)
      for (const finding of covered) accepted.set(finding, line)
      return covered.length === 0 && (options.complete || line.code === '')
    })
  })
  const marked = findings.map((finding) => {
    const line = accepted.get(finding)
    return line === undefined ? finding : { ...finding, accepted: line.reason }
  })
  return [...marked, ...unused.map((line) => matchesNothing(line, findings))]
}

/** Of findings that fit a line of the file: those of the one statement that it is about, or of the file as a whole. */
function nearest(line: Acknowledgement, statements: ParsedStatement[], fitting: Finding[]): Finding[] {
  const at = (wanted: number | undefined): Finding[] => fitting.filter((finding) => finding.line === wanted)
  const subject = statements.find(({ endLine }) => endLine >= line.line)
  if (subject !== undefined && (at(subject.line).length > 0 || isAbout(subject, line)))
    return at(subject.line)
  const places = fitting.flatMap((finding) => finding.line ?? [])
  const next = places.filter((place) => place >= line.line)
  const last = places.filter((place) => place < line.line)
  if (next.length > 0) return at(Math.min(...next))
  const whole = at(undefined)
  return whole.length > 0 || last.length === 0 ? whole : at(Math.max(...last))
}

/** Whether a statement that changes rows or tables names what a line accepts: then the line is about this one and no other. */
function isAbout({ sql, tokens }: ParsedStatement, { object }: Acknowledgement): boolean {
  const { verb, copies } = anatomyOf(sql, tokens)
  const writes =
    /^(?:insert|update|delete|drop-table|alter-table)$/.test(verb) || (verb === 'create-table' && copies)
  return writes && object.split('.').every((name) => mentions(tokens, name))
}

function accepts(line: Acknowledgement, finding: Finding): boolean {
  if (line.file !== finding.migration || line.code !== finding.code) return false
  const { table, column } = finding
  if (table === undefined) return same(line.object, finding.migration) || line.object === '*'
  return same(line.object, table) || (column !== undefined && same(line.object, `${table}.${column}`))
}

function matchesNothing(line: Acknowledgement, findings: Finding[]): Finding {
  if (line.code === '')
    return findingOf(
      ak101,
      'warning',
      line,
      'This acknowledgement cannot be read: it is `-- d1-runbook: accept CODE table[.column]: reason`.',
    )
  const elsewhere = findings
    .filter((finding) => accepts(line, finding))
    .flatMap((finding) => finding.line ?? [])
  const said =
    elsewhere.length === 0
      ? 'matches no finding'
      : `is not above a statement that raises it: ${elsewhere.length === 1 ? 'that' : 'those'} in line ${elsewhere.join(', ')} ${elsewhere.length === 1 ? 'needs' : 'need'} one of ${elsewhere.length === 1 ? 'its' : 'their'} own`
  return findingOf(ak101, 'warning', line, `The acknowledgement of ${line.code} for ${line.object} ${said}.`)
}

/** Any error that nobody accepted blocks; a warning or an accepted error wants to be seen; else all is well. */
export function verdictOf(findings: Finding[]): PlanVerdict {
  if (findings.some(({ severity, accepted }) => severity === 'error' && accepted === undefined))
    return 'block'
  return findings.some(({ severity }) => severity !== 'info') ? 'acknowledge' : 'ok'
}
