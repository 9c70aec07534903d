import type { BackupWay } from '../../../contract/backup.js'
import { untilExportMs } from '../../../contract/until-export.js'
import { RunbookError } from '../../../contract/failures.js'
import type { ExportsNow } from '../../../contract/price.js'
import type { Target } from '../../../contract/target.js'

/** How a remote database is read now. `exports`: what its hours of exports say of it; absent where they have no say. */
export interface WayNow {
  way: BackupWay
  exports?: ExportsNow
}

/**
 * The way that is taken at `now`, epoch milliseconds, where `asked` was. `virtual`: it has virtual tables, which D1 does not export.
 * `urgent`: it cannot be put off, and goes by rows outside of the hours of exports, as `auto` does. Pure.
 */
export function wayNow(
  { backupWay = 'auto', backupExportHours: hours }: Pick<Target, 'backupWay' | 'backupExportHours'>,
  asked: BackupWay,
  { virtual, urgent = false, now }: { virtual: boolean; urgent?: boolean | undefined; now: number },
): WayNow {
  if (asked === 'rows' || virtual) return { way: 'rows' }
  if (hours === undefined) return { way: 'export' }
  const waitMs = untilExportMs(hours, now)
  if (waitMs === 0) return { way: 'export', exports: { state: 'open', hours } }
  const opensAt = new Date(now + waitMs).toISOString()
  if (backupWay === 'export' && !urgent)
    return { way: 'export', exports: { state: 'put-off', hours, opensAt } }
  return { way: 'rows', exports: { state: 'by-rows', hours, opensAt } }
}

/** Throws `ConfigInvalid` where the hours of exports put it off. */
export function demandHours(exports: ExportsNow | undefined): void {
  if (exports?.state !== 'put-off') return
  const { from, to, timeZone } = exports.hours
  throw new RunbookError(
    'ConfigInvalid',
    `An export may begin from ${from} to ${to} (${timeZone}) only, and the database is to be read in no other way.`,
    {
      advice: `Try again from ${exports.opensAt ?? from}, or change backup.exportHours, or let backup.way be "auto": by rows nothing waits.`,
    },
  )
}
