import type { Difference } from '../../contract/adoption.js'
import { differenceText } from '../../text/adoption.js'
import type { ChainLink } from './chain.js'

const SHOWN = 3
/** Rows come and go: nothing in the database tells these apart. */
const UNKNOWN =
  'Whether it ran and they were changed or deleted since, or never ran, the database does not show.'

/** Why a file is not proven. */
export function whyNot(input: {
  link: ChainLink | undefined
  differences: Difference[]
  /** The first file that is not proven, where this is not it. */
  behind: string | undefined
  /** What D1's engine says, of this file or of one before it. */
  refused: { name: string; why: string } | undefined
  later: { kind: string; name: string; file: string } | undefined
  /** An object of the file that is there, and as no file leaves it. */
  strange: { type: string; name: string } | undefined
}): string {
  const { link, differences, behind, refused, later, strange } = input
  if (refused !== undefined) return `${refused.name} on D1's engine: ${refused.why}.`
  if (link?.failure !== undefined) return `It does not run on a scratch database: ${link.failure}.`
  if (differences.length > 0) {
    const more = differences.length - SHOWN
    const shown = differences.slice(0, SHOWN).map(differenceText)
    const what = `${sentence([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; '))}.`
    return differences.every(({ kind }) => kind === 'rows') ? `${what} ${UNKNOWN}` : what
  }
  if (later !== undefined)
    return `The database has ${later.kind} ${later.name} only as ${later.file} leaves it, which is not proven.`
  if (behind === undefined && strange !== undefined)
    return `The database has ${strange.type} ${strange.name} as none of the files leaves it.`
  return behind === undefined
    ? 'The database does not show whether it ran.'
    : `It comes behind ${behind}, which is not proven.`
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
