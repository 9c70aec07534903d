import { FREE_DAY } from '../contract/row-allowance.js'
import type { Price, WorkersPlan } from '../contract/price.js'
import { formatDuration } from '../text/duration.js'
import { grouped } from '../text/number.js'

const ACT: Record<Price['act'], string> = {
  backup: 'A backup',
  plan: 'A plan with a backup of now',
  restore: 'A restore of the backup',
  schedule: 'The backups of a day',
}

/** What an act will cost, one sentence a subject. `plan`: of the account; not known where absent. */
export function priceSentences(price: Price, plan: WorkersPlan | undefined): string[] {
  return [rowsSentence(price, plan), unavailableSentence(price)]
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
    ...(rowsRead === null ? [] : [`${share(rowsRead, FREE_DAY.rowsRead)} of the rows that`]),
    ...(rowsWritten === 0 ? [] : [`${share(rowsWritten, FREE_DAY.rowsWritten)} of the writes that`]),
  ]
  if (shares.length === 0) return ''
  const whose =
    plan === 'free' ? 'the account has a day' : 'a free account has a day (workersPlan is not set)'
  return `: ${shares.join(' and ')} ${whose}; when they are used up, the application stops until midnight UTC`
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
  return `The database answers nobody while ${cause}: about ${formatDuration(unavailableMs)}, as long as last time for each row`
}

/** Whether an act takes a quarter or more of what a free account has a day. */
export function isDear({ rowsRead, rowsWritten }: Price, plan: WorkersPlan | undefined): boolean {
  if (plan === 'paid') return false
  return (rowsRead ?? Infinity) >= FREE_DAY.rowsRead / 4 || rowsWritten >= FREE_DAY.rowsWritten / 4
}
