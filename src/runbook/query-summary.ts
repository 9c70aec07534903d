import type { ConfiguredQuery, KnownQuery, PlanQueries } from '../contract/queries.js'
import { grouped } from '../contract/number.js'
import { plural } from '../text/plural.js'

/** D1's price of what goes beyond the 25 billion rows that a paid account includes. https://developers.cloudflare.com/d1/platform/pricing/ */
const DOLLARS_A_MILLION = 0.001

const OUTCOMES: Record<KnownQuery['outcome'], string> = {
  unchanged: 'unchanged',
  breaks: 'breaks',
  refused: 'is refused',
  'answers-otherwise': 'answers otherwise',
  scans: 'scans instead of searching',
  'not-tried': 'not compared',
}

/** What the plan knows of the running application without being told, in two lines at most; none where it was told. */
function querySummary(queries: PlanQueries | undefined): string[] {
  if (queries === undefined) return []
  if (queries.state === 'unknown')
    return [`Queries of the application: unknown, so none was tried: ${queries.because}`]
  const { known, calls, covered, window, source, rowsPerMonth } = queries
  const from =
    source === 'graphql'
      ? `D1's analytics from ${window.from.slice(0, 16)} to ${window.to.slice(0, 16)} UTC`
      : `D1's Query Insights`
  if (known.length === 0) return [`Queries of the application: none known. ${from}: ${callsText(calls)}`]
  const share = covered === null ? '' : `, ${grouped(covered * 100)} % of ${callsText(calls)}`
  const bill = rowsPerMonth === undefined ? [] : [billText(rowsPerMonth)]
  return [`Queries of the application: ${known.length} known (${from}${share}): ${counts(known)}`, ...bill]
}

/** How many of the configured queries were compared on the copy, and what came of them; by name those to which something happens. */
export function configuredLines(queries: readonly ConfiguredQuery[] = []): string[] {
  if (queries.length === 0) return []
  const told = queries.filter(({ outcome }) => outcome !== 'unchanged')
  const lines = told.map(
    ({ name, outcome, because }) =>
      `${name}: ${OUTCOMES[outcome]}${because === undefined ? '' : `: ${because}`}`,
  )
  const same = queries.length - told.length
  const none = same === 0 ? [] : [`no difference seen in ${same}`]
  const some = told.length === 0 ? [] : [counts(told)]
  const tried = queries.every(({ outcome }) => outcome === 'not-tried') ? '' : ', tried on the copy'
  return [
    `Queries of the configuration: ${queries.length}${tried}: ${[...none, ...some].join(', ')}`,
    ...lines,
  ]
}

/** All to which something happens, and so many others. */
const SHOWN = 5

/** The summary, and below its first sentence all queries to which something happens, and the first others. */
export function queryLines(queries: PlanQueries | undefined): string[] {
  const [head, ...rest] = querySummary(queries)
  if (head === undefined) return []
  const known = queries?.state === 'read' ? shownQueries(queries.known) : []
  return [head, ...known, ...rest]
}

function shownQueries(known: readonly KnownQuery[]): string[] {
  const told = known.filter(({ outcome }) => outcome !== 'unchanged')
  const others = known.filter(({ outcome }) => outcome === 'unchanged')
  return [...told, ...others.slice(0, Math.max(0, SHOWN - told.length))].map(queryLine)
}

function counts(known: readonly Pick<KnownQuery, 'outcome'>[]): string {
  return (Object.keys(OUTCOMES) as KnownQuery['outcome'][])
    .map((outcome) => ({ outcome, count: known.filter((one) => one.outcome === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${count} ${OUTCOMES[outcome]}`)
    .join(', ')
}

/** `SELECT … (60 calls): scans instead of searching, 48,000 rows read a call instead of 12`. */
function queryLine({ name, outcome, because, rowsPerCall, calls }: KnownQuery): string {
  const rows =
    rowsPerCall === undefined
      ? ''
      : rowsPerCall.before === rowsPerCall.after
        ? `, ${grouped(rowsPerCall.after)} rows read a call`
        : `, ${grouped(rowsPerCall.after)} rows read a call instead of ${grouped(rowsPerCall.before)}`
  const why = because === undefined ? '' : `: ${because}`
  const often = calls === null ? '' : ` (${callsText(calls)})`
  return `${name}${often}: ${OUTCOMES[outcome]}${why}${rows}`
}

function callsText(calls: number | null): string {
  return calls === null ? 'calls are not counted' : plural(calls, 'call')
}

function billText({ before, after }: { before: number; after: number }): string {
  const price = (rows: number): string => `${grouped((rows / 1e6) * DOLLARS_A_MILLION)} USD`
  if (before === after) return `Rows that they read in 30 days: ${grouped(before)}, unchanged`
  const cost = `${price(before)} become ${price(after)} where an account's included rows are used up`
  return `Rows that they read in 30 days: ${grouped(before)} become ${grouped(after)} (${cost})`
}
