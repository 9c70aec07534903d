import type { z } from 'zod'
import { visible } from '../text/visible.js'

/** Texts that may have several lines: programs read them, and they are never part of a line of ours. */
const OF_SEVERAL_LINES: ReadonlySet<string> = new Set([
  ...['sql', 'query', 'expect', 'equals', 'testCommand', 'reviewCommand'],
])

/**
 * An issue for each text and each name that is not one line of characters that show: it stands in messages, reports and prompts, where a second
 * line would read as one of ours, and nobody sees what has no width.
 */
export function oneLineIssues(value: unknown, path: PropertyKey[] = []): z.core.$ZodIssueCustom[] {
  if (typeof value === 'string') return isOneLine(value) ? [] : [issueAt(path, value)]
  if (Array.isArray(value)) return value.flatMap((each, index) => oneLineIssues(each, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => {
    if (!isOneLine(name)) return [issueAt(path, name)]
    return OF_SEVERAL_LINES.has(name) ? [] : oneLineIssues(each, [...path, name])
  })
}

function isOneLine(text: string): boolean {
  return visible(text) === text
}

function issueAt(path: PropertyKey[], input: string): z.core.$ZodIssueCustom {
  return { code: 'custom', path, message: 'one line of characters that show', input }
}
