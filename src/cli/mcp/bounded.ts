import { RunbookError } from '../../contract/failures.js'
import { cutText } from '../../contract/limits.js'
import { grouped } from '../../contract/number.js'

/** What a model can read of one answer. Characters of JSON. */
export const MOST_CHARACTERS = 60_000

/** Tried in turn: the longest texts and lists that an answer may keep. */
const STEPS = [
  { text: 40_000, entries: 200 },
  { text: 8_000, entries: 100 },
  { text: 2_000, entries: 40 },
  { text: 800, entries: 15 },
  { text: 400, entries: 5 },
]

/** A list or text that was cut: where it stands, and how much of how much is left. */
export interface Cut {
  at: string
  kept: number
  of: number
}

/**
 * An answer within the limit: long lists end early and long texts are cut, which `cut` tells beside it. Throws `LimitReached` where what is
 * left is still too long.
 */
export function bounded(answer: object): { [name: string]: unknown; cut?: Cut[] } {
  for (const limits of STEPS) {
    const cuts: Cut[] = []
    const kept = within(answer, '', { ...limits, cuts }) as Record<string, unknown>
    const told = cuts.length === 0 ? kept : { ...kept, cut: cuts.slice(0, MOST_CUTS) }
    if (JSON.stringify(told).length <= MOST_CHARACTERS) return told
  }
  throw new RunbookError(
    'LimitReached',
    `The answer has more than ${grouped(MOST_CHARACTERS)} characters, however much is left out of it.`,
    { advice: 'Ask for less at once, or let a person look at it with the command line.' },
  )
}

const MOST_CUTS = 50

function within(value: unknown, at: string, limits: { text: number; entries: number; cuts: Cut[] }): unknown {
  if (typeof value === 'string') {
    if (value.length <= limits.text) return value
    limits.cuts.push({ at, kept: limits.text, of: value.length })
    return cutText(value, limits.text)
  }
  if (Array.isArray(value)) {
    if (value.length > limits.entries) limits.cuts.push({ at, kept: limits.entries, of: value.length })
    return value.slice(0, limits.entries).map((each, index) => within(each, `${at}/${index}`, limits))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, within(each, `${at}/${name}`, limits)]),
  )
}
