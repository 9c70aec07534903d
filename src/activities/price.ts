import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../contract/failures.js'
import type { Check } from '../contract/run.js'
import type { Target } from '../contract/target.js'
import { apiClient } from '../d1/cloudflare/api.js'
import { priceOfBackup } from '../d1/backup/price.js'
import { isDear, priceSentences } from '../runbook/price-words.js'

/** Well below the minute that the activity has. Milliseconds. */
const PATIENCE_MS = 20_000

function late(): Promise<undefined> {
  return sleep(PATIENCE_MS, undefined, { ref: false })
}

/** What the backup of a run will cost, as a line of a checklist. Never throws: what it costs to ask is no reason to refuse a run. */
export async function priceCheck(target: Target): Promise<Check> {
  const line = { name: 'price', title: 'What the backup costs' }
  try {
    if (!target.database.remote)
      return { ...line, state: 'skipped', message: 'a local database costs nothing and goes on answering' }
    if (apiClient() === undefined)
      return { ...line, state: 'skipped', message: 'CLOUDFLARE_API_TOKEN is not set, so it was not reckoned' }
    const price = await Promise.race([priceOfBackup(target), late()])
    if (price === undefined) throw new Error(`it was not told in ${PATIENCE_MS / 1000} s`)
    const message = `${priceSentences(price, target.workersPlan).join('. ')}.`
    const putOff = price.exports?.state === 'put-off'
    if (!putOff && !isDear(price, target.workersPlan)) return { ...line, state: 'passed', message, price }
    const advice = putOff
      ? 'Start within the hours of backup.exportHours, or let backup.way be "auto".'
      : 'Set workersPlan to "paid" if the account is on the paid plan; else lower backup.maxRowsRead, or begin soon after midnight UTC.'
    return { ...line, state: 'warned', message, advice, price }
  } catch (error) {
    return { ...line, state: 'warned', message: `it is not known: ${messageOf(error)}` }
  }
}
