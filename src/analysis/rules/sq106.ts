import { migrationNumber } from '../../d1/order/migration-order.js'
import { isApplied, type History } from './history.js'
import { findingOf, type Rule } from './rule.js'

export const sq106: Rule = {
  code: 'SQ106',
  title: 'renamed after it was applied',
  severity: 'error',
  advice: 'Give the file its old name back: Wrangler would run it a second time.',
  source: 'Wrangler knows applied files by name only',
  conflict: true,
  checkHistory: (history) =>
    renamedFrom(history).map(({ from, to, sure }) =>
      findingOf(
        sq106,
        sure && history.applied !== undefined ? 'error' : 'warning',
        { file: to },
        `${to} ${sure ? 'is' : 'may be'} ${from} under a new name, which is applied already: it would run again.`,
      ),
    ),
}

/** Pending files that are an applied, now missing one: surely by the content that checksums know, perhaps by their name. */
export function renamedFrom(history: History): { from: string; to: string; sure: boolean }[] {
  const present = new Set(history.files.map(({ name }) => name))
  const known = history.applied ?? Object.keys(history.checksums ?? {})
  const missing = known.filter((name) => !present.has(name))
  const candidates = history.files.filter(
    ({ name }) =>
      !isApplied(history, name) && (history.applied !== undefined || history.checksums?.[name] === undefined),
  )
  return missing.flatMap((from) => {
    const bytes = history.checksums?.[from]
    const same = candidates.find(({ sha256 }) => sha256 === bytes)
    const to = same ?? candidates.find(({ name }) => alikeNames(name, from))
    return to === undefined ? [] : [{ from, to: to.name, sure: same !== undefined }]
  })
}

/** Same number, or the same words behind another number. */
function alikeNames(a: string, b: string): boolean {
  const number = migrationNumber(a)
  return words(a) === words(b) || (number !== undefined && number === migrationNumber(b))
}

function words(name: string): string {
  return name
    .replace(/^\d+/, '')
    .replace(/\.sql$/, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
}
