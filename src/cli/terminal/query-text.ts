import type { PlannedMigration } from '../../contract/plan.js'
import type { KnownQuery, PlanQueries } from '../../contract/queries.js'
import { plural } from '../../text/plural.js'
import { visible } from '../../text/visible.js'

/** A statement is worth a line of its own from so many rows, or so long, on. */
const COSTLY_ROWS = 10_000
const COSTLY_MS = 1_000
/** Lines of one file, and queries that are shown although nothing becomes of them. */
const SHOWN = 5
/** D1's price of what goes beyond the 25 billion rows that a paid account includes. https://developers.cloudflare.com/d1/platform/pricing/ */
const DOLLARS_A_MILLION = 0.001

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

/** What the costly statements of a file read and write on the copy. */
export function costLines(costs: NonNullable<PlannedMigration['statementCosts']>): string[] {
  return costs
    .filter(({ rowsRead, rowsWritten, ms }) => rowsRead + rowsWritten >= COSTLY_ROWS || ms >= COSTLY_MS)
    .sort((a, b) => b.rowsRead + b.rowsWritten - (a.rowsRead + a.rowsWritten))
    .slice(0, SHOWN)
    .map(({ line, rowsRead, rowsWritten, ms }) => {
      const rows = `${number.format(rowsRead)} rows read, ${number.format(rowsWritten)} written`
      return `line ${line}: ${rows}, ${number.format(ms)} ms`
    })
}

/** What the plan knows of the application's queries without being told; nothing where it was told. */
export function queryLines(queries: PlanQueries | undefined): string[] {
  if (queries === undefined) return []
  if (queries.state === 'unknown')
    return [`Queries of the application: unknown, so none was tried: ${visible(queries.because)}`]
  const { known, calls, covered, window, source, rowsPerMonth } = queries
  const from =
    source === 'graphql'
      ? `D1's analytics from ${window.from.slice(0, 16)} to ${window.to.slice(0, 16)} UTC`
      : `D1's Query Insights`
  if (known.length === 0) return [`Queries of the application: none known. ${from}: ${callsText(calls)}.`]
  const share = covered === null ? '' : `, ${number.format(covered * 100)} % of ${callsText(calls)}`
  return [
    `Queries of the application: ${known.length} tried on the copy (${from}${share}):`,
    ...shownQueries(known).map((line) => `  ${visible(line)}`),
    ...(rowsPerMonth === undefined ? [] : [`  ${billText(rowsPerMonth)}`]),
  ]
}

function shownQueries(known: readonly KnownQuery[]): string[] {
  const told = known.filter(({ outcome }) => outcome !== 'unchanged')
  const others = known.filter(({ outcome }) => outcome === 'unchanged')
  const room = Math.max(0, SHOWN - told.length)
  const hidden = others.length - Math.min(room, others.length)
  return [
    ...[...told, ...others.slice(0, room)].map(queryLine),
    ...(hidden === 0 ? [] : [`${plural(hidden, 'more query').replace('querys', 'queries')} unchanged`]),
  ]
}

const OUTCOMES: Record<KnownQuery['outcome'], string> = {
  unchanged: 'unchanged',
  breaks: 'breaks',
  refused: 'is refused',
  'answers-otherwise': 'answers otherwise',
  scans: 'scans instead of searching',
  'not-tried': 'not tried',
}

function queryLine({ name, outcome, because, rowsPerCall, calls }: KnownQuery): string {
  const rows =
    rowsPerCall === undefined
      ? ''
      : rowsPerCall.before === rowsPerCall.after
        ? `, ${number.format(rowsPerCall.after)} rows read a call`
        : `, ${number.format(rowsPerCall.after)} rows read a call instead of ${number.format(rowsPerCall.before)}`
  const why = because === undefined ? '' : `: ${because}`
  const often = calls === null ? '' : ` (${callsText(calls)})`
  return `${name}${often}: ${OUTCOMES[outcome]}${why}${rows}`
}

function callsText(calls: number | null): string {
  return calls === null ? 'calls are not counted' : `${number.format(calls)} call${calls === 1 ? '' : 's'}`
}

function billText({ before, after }: { before: number; after: number }): string {
  const price = (rows: number): string => `${number.format((rows / 1e6) * DOLLARS_A_MILLION)} USD`
  if (before === after) return `Rows read in 30 days: ${number.format(before)}, unchanged`
  const cost = `${price(before)} become ${price(after)} where an account's included rows are used up`
  return `Rows read in 30 days: ${number.format(before)} become ${number.format(after)} (${cost})`
}
