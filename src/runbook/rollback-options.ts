import type { BackupRecord } from '../contract/backup.js'
import type { Plan } from '../contract/plan.js'
import type { RollbackStrategy } from '../contract/policy.js'
import { FREE_DAY } from '../contract/price.js'
import { zonedDateTime } from '../text/clock.js'
import { formatDuration } from '../text/duration.js'
import { grouped } from '../text/number.js'
import { plural } from '../text/plural.js'
import { at, command, type NextCommand } from '../contract/next-command.js'

/** One way back, with what it costs: shown before anybody chooses. */
export interface RollbackOption {
  strategy: Exclude<RollbackStrategy, 'none'>
  title: string
  available: boolean
  /** What is lost, one phrase each; never empty. For an unavailable way: why it is not there. */
  price: string[]
  /** What to type to choose it. */
  command: NextCommand
}

/**
 * The ways back, cheapest first. Bookmark and backup return the whole database to a moment, so their price grows with
 * every write after it.
 */
export function rollbackOptions(input: {
  environment: string
  plan: Plan | null
  backup: BackupRecord | null
  /** The reverse of just what was applied, as it was written and rehearsed for this decision. */
  reverse?: { migration?: unknown; price: string[] }
  /** IANA zone of the times in prices. UTC where absent. */
  timeZone?: string
}): RollbackOption[] {
  return [reverseMigration(input), timeTravel(input), restoreBackup(input)].map((way) => ({
    ...way,
    command: at({ environment: input.environment }, command('rollback', '--strategy', way.strategy)),
  }))
}

type Way = Omit<RollbackOption, 'command'>

function reverseMigration({
  plan,
  reverse,
}: Pick<Parameters<typeof rollbackOptions>[0], 'plan' | 'reverse'>): Way {
  const base = { strategy: 'reverse-migration', title: 'Reverse migration' } as const
  const rollback =
    reverse === undefined
      ? plan?.rollback
      : { available: reverse.migration !== undefined, rehearsed: true, price: reverse.price }
  if (rollback === undefined || !rollback.available) {
    return {
      ...base,
      available: false,
      price:
        rollback === undefined || rollback.price.length === 0
          ? ['no reverse migration could be written']
          : rollback.price,
    }
  }
  const proof = rollback.rehearsed ? [] : ['it was not rehearsed on a copy']
  const price = rollback.price.length === 0 ? ['no rows or values are lost'] : rollback.price
  return { ...base, available: true, price: [...price, ...proof] }
}

function timeTravel({ backup, timeZone }: { backup: BackupRecord | null; timeZone?: string }): Way {
  const base = { strategy: 'time-travel', title: 'Time Travel bookmark' } as const
  if (backup?.bookmark === undefined) {
    return {
      ...base,
      available: false,
      price: ['no bookmark: only a remote D1 database has Time Travel'],
    }
  }
  return {
    ...base,
    available: true,
    price: [writesLost(backup, timeZone), 'the bookmark is kept 30 days (7 on the free plan)'],
  }
}

function restoreBackup({ backup, timeZone }: { backup: BackupRecord | null; timeZone?: string }): Way {
  const base = { strategy: 'restore-backup', title: 'Restore of the backup' } as const
  if (backup === null || !backup.verified) {
    return {
      ...base,
      available: false,
      price: [backup === null ? 'no backup was made' : 'the backup was not verified'],
    }
  }
  return {
    ...base,
    available: true,
    price: [writesLost(backup, timeZone), ...restorePrice(backup)],
  }
}

/** A backup by a way is of a remote database. */
function restorePrice({ way, tables, exportMs }: BackupRecord): string[] {
  if (way === undefined) return ['the database is replaced while it is being restored']
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const measured =
    exportMs === undefined ? '' : `; its export took ${formatDuration(exportMs)}, the import may take longer`
  return [
    `D1 answers nobody while it imports; for how long is not known before${measured}`,
    `at least ${plural(rows, 'row')} are written (more with indexes), of the ${grouped(FREE_DAY.rowsWritten)} that a free account has a day`,
  ]
}

function writesLost({ createdAt }: BackupRecord, timeZone = 'UTC'): string {
  return `all rows written since ${zonedDateTime(Date.parse(createdAt), timeZone)} are lost`
}
