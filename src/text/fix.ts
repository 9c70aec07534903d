import type { Finding, Fix } from '../contract/finding.js'
import type { Words } from '../contract/next-command.js'

/** What to do about a finding; nothing of one that somebody accepted: how to accept it is behind them. */
export function adviceOf({ accepted, advice }: Pick<Finding, 'accepted' | 'advice'>): Words | undefined {
  return accepted === undefined ? advice : undefined
}

/** Where the SQL of a fix belongs, as a line for people that ends with a colon. */
export function fixPlace({ replaces }: Fix): string {
  const { file, fromLine, toLine } = replaces
  if (toLine === 0) return `Put at the start of ${file}:`
  if (toLine < fromLine) return `Add to ${file}, behind line ${toLine}:`
  if (toLine === fromLine) return `Put in place of line ${fromLine} of ${file}:`
  return `Put in place of lines ${fromLine} to ${toLine} of ${file}:`
}

/** The file with the fix in it. Lines keep their endings. */
export function withFix(text: string, { sql, replaces }: Fix): string {
  const lines = text.split('\n')
  return [...lines.slice(0, replaces.fromLine - 1), sql, ...lines.slice(replaces.toLine)].join('\n')
}
