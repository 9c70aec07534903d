import { FREE_DAY } from '../contract/row-allowance.js'
import type { DayUsage, ExportsNow, Price, WorkersPlan } from '../contract/price.js'
import { zonedDateTime } from '../text/clock.js'
import { formatDuration } from '../text/duration.js'
import { grouped } from '../contract/number.js'

const ACT: Record<Price['act'], string> = {
  backup: 'A backup',
  plan: 'A plan with a backup of now',
  restore: 'A restore of the backup',
  schedule: 'A day of backups',
}

/** What an act will cost, one sentence a subject. `plan`: of the account; not known where absent. */
export function priceSentences(price: Price, plan: WorkersPlan | undefined): string[] {
  return [
    rowsSentence(price, plan),
    ...(plan === 'paid' || price.usedToday === undefined ? [] : [todaySentence(price.usedToday, plan)]),
    unavailableSentence(price),
    ...(price.exports === undefined ? [] : [hoursSentence(price.exports)]),
  ]
}

/** Analytics come late: what is left is a bound. */
function todaySentence(used: DayUsage, plan: WorkersPlan | undefined): string {
  if ('unknown' in used)
    return `What the account has used since midnight UTC is not known: ${used.unknown.replace(/\.$/, '')}`
  const left = leftToday(used)
  const whose = plan === 'free' ? 'its day' : "a free account's day"
  return `By D1's analytics, which come late, the account has read at least ${grouped(used.rowsRead)} rows and written ${grouped(used.rowsWritten)} since midnight UTC: of ${whose} at most ${grouped(left.rowsRead)} reads and ${grouped(left.rowsWritten)} writes are left`
}

function leftToday({ rowsRead, rowsWritten }: { rowsRead: number; rowsWritten: number }): {
  rowsRead: number
  rowsWritten: number
} {
  return {
    rowsRead: Math.max(0, FREE_DAY.rowsRead - rowsRead),
    rowsWritten: Math.max(0, FREE_DAY.rowsWritten - rowsWritten),
  }
}

const OUTSIDE: Record<Exclude<ExportsNow['state'], 'open'>, string> = {
  'by-rows': 'now the database is read by rows',
  'put-off': 'until then a backup by hand is refused, and a run or a schedule waits',
}

/** What the hours of exports say of now. */
export function hoursSentence({ state, hours, opensAt = '' }: ExportsNow): string {
  const { from, to, timeZone } = hours
  const when = `An export may begin from ${from} to ${to} (${timeZone})`
  if (state === 'open') return `${when}, and so now`
  return `${when}, next at ${zonedDateTime(Date.parse(opensAt), timeZone)}: ${OUTSIDE[state]}`
}

function rowsSentence(price: Price, plan: WorkersPlan | undefined): string {
  const { act, rowsRead, rowsWritten, rowsExported, apiCalls } = price
  const read =
    rowsRead === null
      ? 'more rows than were counted'
      : `about ${grouped(rowsRead)} rows, more where others write meanwhile`
  const written = rowsWritten === 0 ? '' : ` and writes at least ${grouped(rowsWritten)}`
  const exported =
    rowsExported === 0
      ? ''
      : `; whether D1 counts the ${grouped(rowsExported)} rows of its own export is not documented`
  return `${ACT[act]} reads ${read}${written}${exported}, by about ${grouped(apiCalls)} calls of the API${shareOfDay(price, plan)}`
}

/** Of a plan that is not known the worse is said: a free account's application stops with it. */
function shareOfDay({ rowsRead, rowsWritten }: Price, plan: WorkersPlan | undefined): string {
  if (plan === 'paid') return ''
  const shares = [
    ...(rowsRead === null ? [] : [`${share(rowsRead, FREE_DAY.rowsRead)} of the reads`]),
    ...(rowsWritten === 0 ? [] : [`${share(rowsWritten, FREE_DAY.rowsWritten)} of the writes`]),
  ]
  if (shares.length === 0) return ''
  const whose =
    plan === 'free' ? 'the account has a day' : 'a free account has a day (a paid one has no such bound)'
  return `: ${shares.join(' and ')} that ${whose}; when they are used up, the application stops until midnight UTC`
}

function share(part: number, whole: number): string {
  const percent = (100 * part) / whole
  return percent < 0.1 ? 'below 0.1 %' : `${grouped(percent)} %`
}

function unavailableSentence({ act, unavailableMs }: Price): string {
  const cause = act === 'restore' ? 'D1 imports' : 'D1 exports'
  if (unavailableMs === 0) return 'The database goes on answering'
  if (unavailableMs === null)
    return `The database answers nobody while ${cause}; for how long is not known, since none of it was measured`
  const often = act === 'schedule' ? ' a day in all' : ''
  return `The database answers nobody while ${cause}: about ${formatDuration(unavailableMs)}${often}, by the last one, Wrangler's start and its download included`
}

/** Whether an act takes a quarter or more of what a free account has a day, or of what is left of this one. */
export function isDear({ rowsRead, rowsWritten, usedToday }: Price, plan: WorkersPlan | undefined): boolean {
  if (plan === 'paid') return false
  const left = usedToday === undefined || 'unknown' in usedToday ? FREE_DAY : leftToday(usedToday)
  return (rowsRead ?? Infinity) >= left.rowsRead / 4 || rowsWritten > left.rowsWritten / 4
}
