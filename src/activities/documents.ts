import { existsSync } from 'node:fs'
import { appendFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import { withReader } from '../d1/read/open-reader.js'
import { readLedger } from '../d1/schema/ledger.js'
import { checksumsFile, recordChecksums } from '../d1/migrations/checksums.js'
import type { TellActivities } from '../contract/activities.js'
import type { RunView } from '../contract/run.js'
import type { MigrationRef, Target } from '../contract/target.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import { appendToMigrationLog } from '../runbook/migration-log.js'
import { metricsLine } from '../runbook/metrics.js'
import { demandMigrationName } from '../contract/migration-name.js'
import { PRIVATE_FILE, PRIVATE_FOLDER, projectFileMode } from '../process/private-files.js'
import { demandNoWayOut, isBelow, pathBelow } from '../process/below.js'
import { stateFolder } from '../process/state-folder.js'
import { readIfThere, replaceFile } from './files.js'
import { keepDocument } from './run-files.js'
import { artifactStore, type ActivityContext } from './worker-place.js'

/**
 * What the project itself keeps of a run, where this machine has the project: a line of `MIGRATIONS.md`, the checksums of
 * what was applied, a line of metrics. Doing it again changes nothing.
 */
export async function updateDocuments(
  input: Parameters<TellActivities['updateDocuments']>[0],
): ReturnType<TellActivities['updateDocuments']> {
  const { target, view, timeZone, adopted = [] } = input
  if (!existsSync(target.projectDir)) return { files: [] }
  const [log, metrics, checksums] = await Promise.allSettled([
    logMigration(target, view, timeZone),
    logMetrics(target, view),
    refreshChecksums(target, view, adopted),
  ])
  // One that may not be written keeps none of the others from being written.
  for (const one of [log, metrics, checksums]) if (one.status === 'rejected') throw one.reason
  const files = [log, metrics, checksums].flatMap((one) =>
    one.status === 'fulfilled' && one.value !== undefined ? [one.value] : [],
  )
  return { files }
}

async function logMigration(target: Target, view: RunView, timeZone: string): Promise<string> {
  const file = pathBelow(target.projectDir, 'MIGRATIONS.md')
  const existing = await readIfThere(file)
  const content = appendToMigrationLog({ existing, view, timeZone })
  if (content !== existing) await replaceFile(file, content, projectFileMode())
  return file
}

async function logMetrics(target: Target, view: RunView): Promise<string> {
  const file = stateFolder(target.projectDir, 'metrics.jsonl')
  const known = (await readIfThere(file)) ?? ''
  if (known.includes(`"runId":${JSON.stringify(view.runId)}`)) return file
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE_FOLDER })
  await appendFile(file, metricsLine(view), { mode: PRIVATE_FILE })
  return file
}

/**
 * Only what was read back as applied, or as recorded by an adoption, becomes history, only where the project keeps one. What a reverse migration took back
 * is history too: its row stays in the ledger.
 */
async function refreshChecksums(
  target: Target,
  view: RunView,
  adopted: MigrationRef[],
): Promise<string | undefined> {
  const ran = view.migrations.filter(
    ({ state, takenBackBy }) => state === 'applied' || takenBackBy?.strategy === 'reverse-migration',
  )
  const applied = [...ran, ...adopted.filter(({ name }) => view.adopted?.includes(name) === true)]
  if (applied.length === 0 || !existsSync(target.migrationsDir)) return undefined
  demandNoWayOut(homeOfMigrations(target), checksumsFile(target.migrationsDir))
  return recordChecksums(target.migrationsDir, applied)
}

/** The project; the folder itself where the Wrangler file says that it lies elsewhere, which no link does. */
function homeOfMigrations({ projectDir, migrationsDir }: Target): string {
  return isBelow(projectDir, migrationsDir) ? projectDir : migrationsDir
}

/**
 * Gives a name of the ledger its file: in the project's migrations folder, or, where that is elsewhere or holds other
 * bytes under this name, in the folder of the run. A file that the ledger does not name would be pending: it is no record of
 * what was applied. Throws `NotAdmitted`, and what reading the ledger throws.
 */
export async function keepReverseMigration(
  here: ActivityContext,
  input: Parameters<TellActivities['keepReverseMigration']>[0],
): ReturnType<TellActivities['keepReverseMigration']> {
  const { migration } = input
  const [file] = await unpackBundle(input.bundle, [migration], artifactStore(here))
  if (file === undefined) return { files: [] }
  demandMigrationName(migration.name)
  await demandApplied(here.target, migration.name)
  const inProject = path.join(input.target.migrationsDir, migration.name)
  demandNoWayOut(homeOfMigrations(input.target), inProject)
  const there = await readIfThere(inProject)
  const mayLieThere = existsSync(input.target.migrationsDir) && (there === undefined || there === file.sql)
  if (!mayLieThere) {
    const name = { runKey: input.runKey, name: migration.name }
    return { files: [await keepDocument(here, name, file.sql, projectFileMode())] }
  }
  await replaceFile(inProject, file.sql, projectFileMode())
  return { files: [inProject] }
}

async function demandApplied(target: Target, name: string): Promise<void> {
  const ledger = await withReader(target, (reader) => readLedger(reader, target.migrationsTable))
  if (ledger.some((entry) => entry.name === name)) return
  throw new RunbookError(
    'NotAdmitted',
    `${name} is not in the ledger of ${target.database.name}: no file is kept of it.`,
    { advice: words`Nothing was written. See what was applied: ${command('status')}` },
  )
}
