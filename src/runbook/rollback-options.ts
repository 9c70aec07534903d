import type { BackupRecord } from '../contract/backup.js'
import type { Plan } from '../contract/plan.js'
import type { RunView } from '../contract/run.js'
import type { RollbackCost, RollbackOption, Since } from '../contract/rollback.js'
import type { Price, WorkersPlan } from '../contract/price.js'
import { zonedDateTime } from '../text/clock.js'
import { formatDuration } from '../text/duration.js'
import { conditionLines, freeLine } from '../text/rollback-cost.js'
import { sinceLines } from '../text/written-since.js'
import { at, command, placeOf } from '../contract/next-command.js'
import { defined } from '../contract/defined.js'
import { priceSentences } from './price-words.js'
import { restorePrice } from './restore-price.js'

/**
 * The ways back, cheapest first. Bookmark and backup return the whole database to a moment, so their price grows with
 * every write after it.
 */
export function rollbackOptions(input: {
  environment: string
  databaseOption?: string | undefined
  plan: Plan | null
  backup: BackupRecord | null
  /** The reverse of just what was applied, as it was written and rehearsed for this decision. */
  reverse?: CountedReverse & { migration?: unknown }
  /**
   * What others wrote since the backup; `counting`: the gate will show it; `not-counted`: people decided, or stopped the run, before it
   * was. Absent: nobody counts it.
   */
  writtenSince?: Since | 'counting' | 'not-counted'
  /** Why the archive cannot be used any more, where it was found so. */
  noArchive?: string
  /** IANA zone of the times in prices. UTC where absent. */
  timeZone?: string
  /** Of the account; not known where absent. */
  workersPlan?: WorkersPlan | undefined
}): RollbackOption[] {
  return [reverseMigration(input), timeTravel(input), restoreBackup(input)].map((way) => ({
    ...way,
    command: at(placeOf(input), command('rollback', '--strategy', way.strategy)),
  }))
}

/** As they were shown to whoever decides, with what was counted then; before anybody was asked, as they were planned. */
export function waysOf({
  view,
  plan,
  timeZone,
}: {
  view: Pick<RunView, 'environment' | 'databaseOption' | 'backup' | 'rollbackOptions'>
  plan: Plan | null
  timeZone?: string | undefined
}): RollbackOption[] {
  const { environment, databaseOption, backup, rollbackOptions: shown } = view
  return shown ?? rollbackOptions({ environment, plan, backup, ...defined({ databaseOption, timeZone }) })
}

/** The same ways after one was tried in vain: it may be tried again, and whoever chooses sees what it came to. `at`: ISO 8601, UTC. */
export function afterFailure(
  ways: readonly RollbackOption[],
  { strategy, error, at: failedAt, timeZone = 'UTC' }: FailedWay,
): RollbackOption[] {
  const tried = `it was tried, and failed ${zonedDateTime(Date.parse(failedAt), timeZone)}: ${error}`
  return ways.map((way) =>
    way.strategy === strategy && way.available ? { ...way, price: [tried, ...way.price] } : way,
  )
}

export interface FailedWay {
  strategy: RollbackOption['strategy']
  error: string
  at: string
  timeZone?: string
}

type Way = Omit<RollbackOption, 'command'>

function reverseMigration({
  plan,
  reverse,
  writtenSince,
  timeZone,
}: Pick<Parameters<typeof rollbackOptions>[0], 'plan' | 'reverse' | 'writtenSince' | 'timeZone'>): Way {
  const base = { strategy: 'reverse-migration', title: 'Reverse migration' } as const
  const rollback =
    reverse === undefined
      ? plan?.rollback
      : {
          ...{ available: reverse.migration !== undefined, rehearsed: true, price: reverse.price },
          ...defined({ cost: reverse.cost }),
        }
  if (rollback === undefined || !rollback.available) {
    return {
      ...base,
      available: false,
      price:
        rollback === undefined
          ? ['none was written, for no plan was made']
          : rollback.price.length === 0
            ? ['no reverse migration could be written']
            : rollback.price,
    }
  }
  const asOf = reverse?.countedAt
  const counted = countedLines(asOf, timeZone)
  const proof = rollback.rehearsed ? [] : ['it was not rehearsed on a copy']
  const price = rollback.price.length === 0 ? [freeLine(rollback.cost)] : rollback.price
  // At the gate they are counted instead.
  const open = reverse === undefined ? conditionLines(plan?.rollback.conditions) : []
  const again = reverse === undefined ? asPlanned(writtenSince) : []
  return {
    ...base,
    available: true,
    price: [...price, ...open, ...proof, ...again, ...counted],
    ...defined({ cost: rollback.cost, countedAt: asOf }),
  }
}

/** A reverse under its price, as far as it is known when that was counted. ISO 8601, UTC. */
interface CountedReverse {
  price: string[]
  cost?: RollbackCost
  countedAt?: string
}

/** What a reverse costs, and when that was counted, for it is read when others have gone on writing. Empty: as rehearsed on the archive, nothing. */
export function pricedReverse({ price, cost, countedAt }: CountedReverse, timeZone?: string): string[] {
  if (countedAt === undefined) return price
  return [...(price.length === 0 ? [freeLine(cost)] : price), ...countedLines(countedAt, timeZone)]
}

function countedLines(countedAt: string | undefined, timeZone = 'UTC'): string[] {
  if (countedAt === undefined) return []
  return [
    `as counted ${zonedDateTime(Date.parse(countedAt), timeZone)}: what was written since is not in this price`,
  ]
}

function asPlanned(writtenSince: Moment['writtenSince']): string[] {
  if (writtenSince === 'counting')
    return ['that is as planned: it is being rehearsed again, and the gate shows what it costs by now']
  if (writtenSince === 'not-counted')
    return ['that is as planned: it was not rehearsed again, and what it costs by now is not known']
  return []
}

type Moment = Pick<
  Parameters<typeof rollbackOptions>[0],
  'backup' | 'noArchive' | 'timeZone' | 'writtenSince' | 'workersPlan'
>

function timeTravel({ backup, ...about }: Moment): Way {
  const base = { strategy: 'time-travel', title: 'Time Travel bookmark' } as const
  if (backup?.bookmark === undefined) {
    return {
      ...base,
      available: false,
      price: [
        backup === null
          ? 'no bookmark was noted, for no backup was made'
          : 'no bookmark was noted with the backup: only a remote D1 database has Time Travel',
      ],
    }
  }
  return {
    ...base,
    available: true,
    price: [...writesLost(backup, about), 'the bookmark is kept 30 days (7 on the free plan)'],
    ...counted(about),
  }
}

/** A way whose archive is gone, or is another file by now; `why`: the sentence of whoever looked. */
export function closedWay<One extends Way>(way: One, why: string): One {
  const { cost: _cost, writtenSince: _since, act: _act, ...rest } = way
  return {
    ...(rest as One),
    available: false,
    price: [`the archive cannot be used: ${why.replace(/\.$/, '')}`],
  }
}

function restoreBackup({ backup, workersPlan, noArchive, ...about }: Moment): Way {
  const base = { strategy: 'restore-backup', title: 'Restore of the backup' } as const
  if (backup === null || !backup.verified) {
    return {
      ...base,
      available: false,
      price: [backup === null ? 'no backup was made' : 'the backup was not verified'],
    }
  }
  if (noArchive !== undefined) return closedWay({ ...base, available: false, price: [] }, noArchive)
  const act = restorePrice(backup)
  return {
    ...base,
    available: true,
    price: [...writesLost(backup, about), ...restoreLines(backup, act, workersPlan)],
    ...counted(about),
    ...defined({ act }),
  }
}

function restoreLines(
  { exportMs }: BackupRecord,
  act: Price | undefined,
  workersPlan: WorkersPlan | undefined,
): string[] {
  if (act === undefined) return ['the database is replaced while it is being restored']
  const measured =
    exportMs === undefined ? [] : [`its export took ${formatDuration(exportMs)}, the import may take longer`]
  return [...priceSentences(act, workersPlan), ...measured]
}

function writesLost(
  { createdAt }: BackupRecord,
  { timeZone = 'UTC', writtenSince }: Omit<Moment, 'backup'>,
): string[] {
  const lost = `all rows written since ${zonedDateTime(Date.parse(createdAt), timeZone)} are lost`
  if (writtenSince === undefined) return [lost]
  if (writtenSince === 'counting') return [`${lost}; they are being counted, and the gate shows how many`]
  if (writtenSince === 'not-counted') return [`${lost}; how many is not known, for they were not counted`]
  return [lost, ...sinceLines(writtenSince, timeZone)]
}

/**
 * What a way back that was taken lost, as it was counted before people decided: without what taking it cost. `price`: of the reverse migration,
 * which is nothing but that.
 */
export function lostBy(
  { strategy, price, writtenSince }: NonNullable<RunView['rollback']>,
  backup: BackupRecord | null,
  timeZone?: string,
): string[] {
  if (strategy === 'reverse-migration' || backup === null) return price
  return [...writesLost(backup, defined({ timeZone, writtenSince })), ...uncountedLosses(writtenSince)]
}

/** People decided after the count, and others went on writing. */
function uncountedLosses(since: Since | undefined): string[] {
  if (since === undefined || 'unknown' in since || since.by === 'schema') return []
  return ['what was written between that count and the way back is lost too, and was not counted']
}

function counted({ writtenSince }: Omit<Moment, 'backup'>): Pick<Way, 'writtenSince'> {
  return typeof writtenSince === 'object' ? { writtenSince } : {}
}
