import { existsSync } from 'node:fs'
import { migrationNumber, migrationOrder } from '../d1/order/migration-order.js'
import { defined } from '../contract/defined.js'
import { readSnapshot } from '../d1/read/open-reader.js'
import type { MutateActivities, RollbackActivities } from '../contract/activities.js'
import { RunbookError } from '../contract/failures.js'
import type { Plan, PlannedMigration } from '../contract/plan.js'
import type { Since } from '../contract/rollback.js'
import type { Bundle } from '../contract/run.js'
import type { MigrationFile } from '../contract/target.js'
import { packBundle, unpackBundle } from '../d1/migrations/bundle.js'
import { migrationFile, readMigrationFiles } from '../d1/migrations/migration-files.js'
import { replaceContent } from '../d1/backup/replace-content.js'
import { splitStatements } from '../d1/sql/statements.js'
import { restoreBookmark } from '../d1/apply/time-travel.js'
import { costNow, failuresOfReverse, priceSince } from '../runbook/reverse-cost.js'
import { conditionLines, lossNowLines } from '../text/rollback-cost.js'
import { otherSchemaLine } from '../text/written-since.js'
import type { Beat } from './as-activity.js'
import { rehearseOnCopy, type Rehearsing } from './rehearsal.js'
import { keepDocument } from './run-files.js'
import { artifactStore, type ActivityContext } from './worker-place.js'
import { writtenSince } from './written-since.js'

type Input = Parameters<RollbackActivities['prepareReverse']>[0]

/**
 * Writes the reverse of what was applied, and rehearses forward and back on the restored backup; where there is a backup of
 * now, the way back on that too, for what was written since. Counts what others wrote, which the other ways back lose.
 */
export async function prepareReverse(
  here: ActivityContext,
  input: Input,
  rehearsal: Rehearsing,
): ReturnType<RollbackActivities['prepareReverse']> {
  const all = await unpackBundle(input.bundle, input.files, artifactStore(here))
  const applied = all.filter(({ name }) => input.applied.includes(name))
  const { backup, current } = input
  const { signal } = rehearsal
  const since = await writtenSince(here, backup, { files: applied, current, signal })
  return { ...(await writeReverse(here, input, { all, since, ...rehearsal })), writtenSince: since }
}

async function writeReverse(
  here: ActivityContext,
  input: Input,
  { all, since, ...rehearsal }: Rehearsing & { all: MigrationFile[]; since: Since },
): ReturnType<RollbackActivities['prepareReverse']> {
  const ledger = [...input.ledgerBefore, ...input.applied]
  const plan = await rehearseOnCopy(here, input.backup, {
    files: all.filter(({ name }) => ledger.includes(name)),
    applied: input.ledgerBefore,
    candidates: input.ownOnly === true ? [] : await laterFiles(here, all, ledger),
    present: input.current,
    ...rehearsal,
  })
  const { available, sql, file: ofFolder, others } = plan.rollback
  let { cost, price } = plan.rollback
  if (!available || sql === undefined) return { price, ...defined({ others }) }
  // It is applied only behind the schema that the files leave: over another one it would take what others made, or fail.
  const schema = input.current?.schemaFingerprint ?? (await schemaNow(here, rehearsal.signal))
  if (schema !== undefined && schema !== plan.predictedFingerprint)
    return { price: [otherSchemaLine(since)], ...defined({ others }) }
  const name = ofFolder ?? reverseName(ledger, input.at, [...all, ...(await filesHere(here))])
  const file = migrationFile(name, Buffer.from(sql))
  if (input.current !== undefined) {
    const now = await rehearseOnCopy(here, input.current, {
      // What is pending was not applied, and is not what the reverse is tried behind.
      files: [...all.filter(({ name }) => ledger.includes(name)), file],
      applied: ledger,
      ...rehearsal,
    })
    const failures = failuresOfReverse(now, plan.schemaFingerprint)
    if (failures.length > 0) return { price: failures, ...defined({ others }) }
    const lost = plan.rollback.now
    const made = { planned: input.planned ?? [], since }
    price = [
      ...priceSince(price, now, made),
      ...lossNowLines(lost ?? [], { archivedAt: input.backup.createdAt, timeZone: input.timeZone }),
    ]
    cost = costNow(cost, { ...now, lost }, made)
  } else price = [...price, ...conditionLines(plan.rollback.conditions)]
  return {
    ...(await packReverse(here, input.runKey, { file, plan })),
    price,
    ...(ofFolder === undefined ? {} : { ofFolder: true as const }),
    ...defined({ cost, others, countedAt: input.current?.createdAt }),
  }
}

/** To read before deciding, and to run. */
async function packReverse(
  here: ActivityContext,
  runKey: string,
  { file, plan }: { file: MigrationFile; plan: Pick<Plan, 'schemaFingerprint' | 'predictedFingerprint'> },
): Promise<{ file: string; bundle: Bundle; migration: PlannedMigration }> {
  return {
    file: await keepDocument(here, { runKey, name: file.name }, file.sql),
    bundle: await packBundle([file], artifactStore(here)),
    migration: {
      name: file.name,
      sha256: file.sha256,
      statements: splitStatements(file.sql).length,
      durationMs: 0,
      fingerprintBefore: plan.predictedFingerprint,
      fingerprintAfter: plan.schemaFingerprint,
    },
  }
}

/** What was rehearsed when the plan was made, under what it costs now as far as that is known without the archive. */
export async function reverseOfPlan(
  here: ActivityContext,
  { plan, runKey, ledger, files, at, noArchive }: Parameters<RollbackActivities['reverseOfPlan']>[0],
  signal: AbortSignal,
): ReturnType<RollbackActivities['reverseOfPlan']> {
  const { sql, price, cost, conditions, file: ofFolder, others } = plan.rollback
  const writtenSince = { unknown: noArchive }
  if (sql === undefined) return { price, writtenSince, ...defined({ others }) }
  const schema = await schemaNow(here, signal)
  if (schema !== undefined && schema !== plan.predictedFingerprint)
    return { price: [otherSchemaLine(writtenSince)], writtenSince, ...defined({ others }) }
  const name = ofFolder ?? reverseName(ledger, at, [...files, ...(await filesHere(here))])
  return {
    ...(await packReverse(here, runKey, { file: migrationFile(name, Buffer.from(sql)), plan })),
    price: [...price, ...conditionLines(conditions)],
    writtenSince,
    ...(ofFolder === undefined ? {} : { ofFolder: true as const }),
    ...defined({ cost, others }),
  }
}

/** Undefined where it cannot be read: then whoever applies the reverse finds it out. Throws only the signal's reason. */
async function schemaNow({ target }: ActivityContext, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await readSnapshot(target)).schemaFingerprint
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** Enough to find the reverse that somebody wrote for these files; each is tried. */
const MOST_CANDIDATES = 5

/** Files behind the applied ones, of the request and of the project's folder as it is now, where this machine has it. */
async function laterFiles(
  here: ActivityContext,
  all: MigrationFile[],
  ledger: string[],
): Promise<MigrationFile[]> {
  const last = ledger.at(-1)
  const known = new Set(all.map(({ name }) => name))
  return [...all, ...(await filesHere(here)).filter(({ name }) => !known.has(name))]
    .filter(({ name }) => !ledger.includes(name) && (last === undefined || migrationOrder(last, name) < 0))
    .sort((a, b) => migrationOrder(a.name, b.name))
    .slice(0, MOST_CANDIDATES)
}

/** The folder may hold what the run does not know: a reverse that was written since. None where it cannot be read. */
async function filesHere({ target }: ActivityContext): Promise<MigrationFile[]> {
  if (!existsSync(target.migrationsDir)) return []
  return readMigrationFiles(target.migrationsDir, target.migrationsPattern).catch(() => [])
}

/**
 * The runbook's `rollback_YYYY_MM_DD`, behind every file that there is, applied or pending: two of one number would stand in the way of
 * the next run. Where the newest lies in a folder of its own, as
 * `migrations_pattern` wants it, so does this one.
 */
export function reverseName(ledger: string[], at: string, folder: readonly { name: string }[] = []): string {
  const names = [...ledger, ...folder.map(({ name }) => name)]
  const highest = Math.max(0, ...names.map((name) => migrationNumber(name) ?? 0))
  const name = `${String(highest + 1).padStart(4, '0')}_rollback_${at.slice(0, 10).replaceAll('-', '_')}`
  const [, ...below] = ledger.at(-1)?.split('/') ?? []
  return below.length === 0 ? `${name}.sql` : [name, ...below].join('/')
}

/**
 * Time Travel; the schema that it leads to is read back, and must be the one of the bookmark's moment. The bookmark of before
 * travels by heartbeat: after a worker that died on the way, the present one may be where the journey led.
 */
export async function travelBack(
  here: ActivityContext,
  input: Parameters<MutateActivities['travelBack']>[0],
  { signal, beat, before }: { signal: AbortSignal; beat: Beat; before: unknown },
): ReturnType<MutateActivities['travelBack']> {
  const { target } = here
  const departure = input.departure ?? departureIn(before)
  const { previousBookmark } = await restoreBookmark({
    target,
    bookmark: input.bookmark,
    signal,
    ...defined({ departure }),
    onBookmark: (bookmark) => beat({ departure: bookmark }),
  })
  const { schemaFingerprint } = await readSnapshot(target)
  demandFingerprint(
    schemaFingerprint,
    input.expectedFingerprint,
    `its undo is the bookmark ${previousBookmark}`,
  )
  return { previousBookmark, schemaFingerprint }
}

function departureIn(progress: unknown): string | undefined {
  const { departure } = (progress ?? {}) as { departure?: unknown }
  return typeof departure === 'string' ? departure : undefined
}

/** Replaces what the database holds by what a verified archive holds. */
export async function restoreFromBackup(
  here: ActivityContext,
  input: Parameters<MutateActivities['restoreFromBackup']>[0],
  signal: AbortSignal,
): ReturnType<MutateActivities['restoreFromBackup']> {
  const { target } = here
  const { backup } = input
  const { safetyCopy } = await replaceContent({
    target,
    file: backup.file,
    stageRoot: here.folder,
    signal,
  })
  const { schemaFingerprint } = await readSnapshot(target)
  demandFingerprint(schemaFingerprint, backup.schemaFingerprint, 'the archive is untouched')
  return { schemaFingerprint, ...defined({ safetyCopy }) }
}

function demandFingerprint(found: string, expected: string, consolation: string): void {
  if (found === expected) return
  throw new RunbookError(
    'ApplyPartial',
    `The schema after the way back is ${found.slice(0, 12)}, not ${expected.slice(0, 12)}.`,
    {
      advice: `Stop all writes and look at the database; ${consolation}.`,
    },
  )
}
