import { isApplied, numberOf, type History } from './history.js'
import { findingOf, type Rule } from './rule.js'

export const sq106: Rule = {
  code: 'SQ106',
  title: 'renamed after it was applied',
  severity: 'error',
  advice: 'Give the file its old name back: Wrangler would run it a second time.',
  source: 'Wrangler knows applied files by name only',
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

/** Pending files that are an applied, now missing one: by content when checksums know it, else by the rest of the name. */
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
    const same = bytes === undefined ? undefined : candidates.find(({ sha256 }) => sha256 === bytes)
    const alike = bytes === undefined ? candidates.find(({ name }) => alikeNames(name, from)) : undefined
    const to = same ?? alike
    return to === undefined ? [] : [{ from, to: to.name, sure: same !== undefined }]
  })
}

function alikeNames(a: string, b: string): boolean {
  const words = (name: string): string => name.replace(/^\d+[_-]*/, '').toLowerCase()
  return words(a) === words(b) || (numberOf(a) !== undefined && numberOf(a) === numberOf(b))
}
