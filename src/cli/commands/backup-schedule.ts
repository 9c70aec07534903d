import { Option, type Command } from 'commander'
import { storeOf } from '../../config/store.js'
import { defined } from '../../contract/defined.js'
import type { Price } from '../../contract/price.js'
import { RunbookError } from '../../contract/failures.js'
import { backupScheduleId } from '../../contract/names.js'
import { formatDuration, parseDuration } from '../../text/duration.js'
import { visible } from '../../text/visible.js'
import type { Action, App, CommonOptions } from '../terminal/app.js'
import { openContext, readProjectFiles, type Context } from '../../config/context.js'
import { keepOf } from './keep-count.js'
import { likelyPlace } from '../jobs/likely-place.js'
import { configuredZone, timeIn } from '../jobs/zone.js'
import type { Output } from '../terminal/output.js'
import { withSession, type Session } from '../../client/session.js'
import { at, command, words } from '../../contract/next-command.js'

interface ScheduleOptions {
  every: string
  keep?: string
  remove?: boolean
  list?: boolean
  runNow?: boolean
}

const DAY_MS = 86_400_000
/** A backup exports and restores the whole database: more often than this it would do little else. */
const SHORTEST_MS = 5 * 60_000

export function backupScheduleCommand(app: App): Command {
  return app
    .command('schedule', 'back the database up again and again, through the worker', [
      'backup schedule --env production',
      'backup schedule --env production --every 6h --keep 28',
      'backup schedule --list',
      'backup schedule --env production --run-now',
      'backup schedule --env production --remove',
    ])
    .option('--every <duration>', 'time between two backups, counted from midnight UTC', '24h')
    .option('--keep <count>', 'valid archives to keep of this environment')
    .option('--remove', 'end the schedule; archives stay')
    .addOption(
      new Option('--list', 'show every schedule of this Temporal namespace').conflicts(['remove', 'runNow']),
    )
    .addOption(new Option('--run-now', 'make one backup of the schedule at once').conflicts('remove'))
    .action(app.action<ScheduleOptions>(schedule))
}

const schedule: Action<ScheduleOptions> = async ({ options, output }) => {
  if (options.list === true) return listSchedules(options, output)
  const context = await openContext(options)
  const { environment, database } = context.target
  const scheduleId = backupScheduleId(environment, database.id)
  if (options.remove === true) {
    const { removeBackupSchedule } = await import('../../temporal/backup-schedule.js')
    const removed = await asked(options.project, scheduleId, ({ client }) =>
      removeBackupSchedule(client, scheduleId),
    )
    output.document({ success: true, scheduleId, environment, database, removed })
    const said = removed ? 'is backed up no more by a schedule' : 'had no schedule'
    if (!output.json) output.line(`${visible(database.name)} (${environment}) ${said}; its archives stay.`)
    return 0
  }
  if (options.runNow === true) return runNow(options.project, output, { scheduleId, environment })
  const everyMs = intervalOf(options.every)
  const input = await backupInput(context, options)
  const { scheduleBackups } = await import('../../temporal/backup-schedule.js')
  const { taskQueue } = context.project
  const made = await asked(options.project, scheduleId, ({ client }) =>
    scheduleBackups(client, { input, everyMs, taskQueue }),
  )
  const price = await priceOfDay(context, everyMs)
  output.document({ success: true, environment, database, keep: input.keep, ...made, ...defined({ price }) })
  if (output.json) return 0
  const into = (await storeOf(context))?.place ?? context.target.backupDir
  sayScheduled(output, context, { ...made, into }, await configuredZone(options))
  if (price === undefined) return 0
  const { priceSentences } = await import('../../runbook/price-words.js')
  for (const line of priceSentences(price, context.target.workersPlan)) output.line(`  ${line}`)
  return 0
}

/** Undefined of a local database, and where it cannot be told: a schedule is no less made for it. */
async function priceOfDay({ target }: Context, everyMs: number): Promise<Price | undefined> {
  const { priceCheck } = await import('../../activities/price.js')
  const { price } = await priceCheck(target)
  if (price === undefined) return undefined
  const times = Math.ceil(DAY_MS / everyMs)
  const all = (one: number): number => one * times
  const { rowsRead, rowsExported, apiCalls, unavailableMs } = price
  return {
    ...price,
    act: 'schedule',
    rowsRead: rowsRead === null ? null : all(rowsRead),
    rowsExported: all(rowsExported),
    apiCalls: all(apiCalls),
    unavailableMs: unavailableMs === null ? null : all(unavailableMs),
  }
}

async function listSchedules(options: CommonOptions, output: Output): Promise<number> {
  const { listBackupSchedules } = await import('../../temporal/backup-schedule.js')
  const schedules = await asked(options.project, 'backup', ({ client }) => listBackupSchedules(client))
  output.document({ success: true, schedules })
  if (output.json) return 0
  const timeZone = await configuredZone(options)
  for (const { scheduleId, everyMs, paused, nextAt, recent } of schedules) {
    const next = paused ? 'paused' : `next ${nextAt === undefined ? 'unknown' : timeIn(timeZone, nextAt)}`
    const last = recent[0] === undefined ? 'none yet' : `last begun ${timeIn(timeZone, recent[0].startedAt)}`
    output.line(`${visible(scheduleId)}\n  every ${formatDuration(everyMs)}, ${next}, ${last}`)
  }
  if (schedules.length === 0)
    output.line(
      words`No database is backed up by a schedule. Make one: ${at(await likelyPlace(options), command('backup schedule'))}`,
    )
  return 0
}

async function runNow(
  projectDir: string,
  output: Output,
  { scheduleId, environment }: { scheduleId: string; environment: string },
): Promise<number> {
  const { triggerBackup } = await import('../../temporal/backup-schedule.js')
  const triggered = await asked(projectDir, scheduleId, ({ client }) => triggerBackup(client, scheduleId))
  if (!triggered)
    throw new RunbookError('RunNotFound', `${environment} has no backup schedule.`, {
      advice: words`Make one: ${command('backup schedule')}; or one backup: ${command('backup')}`,
    })
  output.document({ success: true, scheduleId, triggered })
  if (!output.json) {
    output.line('A backup was asked for; one that is under way already counts for it.')
    output.line(words`See when it began: ${command('backup schedule', '--list')}`)
  }
  return 0
}

async function asked<T>(
  projectDir: string,
  scheduleId: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSession(projectDir, work).catch(async (error: unknown) => {
    const { explainTemporal } = await import('../../client/temporal-failure.js')
    throw explainTemporal(error, scheduleId)
  })
}

async function backupInput(context: Context, { env, keep }: { env: string; keep?: string }) {
  const { resolveRequestSettings } = await import('../../config/settings.js')
  const files = await readProjectFiles(context)
  const { keepBackups, channels, timeZone } = resolveRequestSettings(context.project, env)
  return {
    target: context.target,
    files: files.map(({ name, sha256 }) => ({ name, sha256 })),
    keep: keepOf(keep === undefined ? {} : { keep }) ?? keepBackups,
    channels,
    timeZone,
  }
}

function intervalOf(every: string): number {
  const everyMs = parseDuration(every)
  if (everyMs !== undefined && everyMs >= SHORTEST_MS) return everyMs
  throw new RunbookError(
    'ConfigInvalid',
    `--every must be a duration of at least 5 minutes, found "${every}".`,
    {
      advice: words`Such as: ${command('backup schedule', '--every', '24h')}`,
    },
  )
}

function sayScheduled(
  output: Output,
  { target }: Context,
  made: { everyMs: number; nextAt?: string; paused: boolean; into: string },
  timeZone: string,
): void {
  const { colors } = output
  const { database, environment } = target
  output.line(
    colors.green(
      `✔ ${visible(database.name)} (${environment}) is backed up every ${formatDuration(made.everyMs)}`,
    ),
  )
  if (made.nextAt !== undefined)
    output.line(`  next at ${timeIn(timeZone, made.nextAt)}, into ${visible(made.into)}`)
  if (made.paused) output.line(colors.yellow('  paused by a person; resume it in the Temporal UI'))
  output.line(words`  A worker must run then: ${command('worker')}`)
  output.line(colors.dim('  A backup that fails is told to the channels of the environment'))
}
