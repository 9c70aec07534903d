import { readSchemaSql } from '../d1/schema/live-schema.js'
import { pendingMigrations } from '../d1/order/migration-order.js'
import { defined } from '../contract/defined.js'
import type { SlowActivities } from '../contract/activities.js'
import type { Finding } from '../contract/finding.js'
import type { Check } from '../contract/run.js'
import type { MigrationRef } from '../contract/target.js'
import { validateInOwnProcess } from '../analysis/validate/in-own-process.js'
import { newestBackup } from '../d1/backup/backup.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import { readLedger } from '../d1/schema/ledger.js'
import { withReader } from '../d1/read/open-reader.js'
import { check, demandPassed } from './checks.js'
import { archivesAt, artifactStore, type ActivityContext } from './worker-place.js'
import { findingCounts } from '../text/finding-counts.js'
import { plural } from '../text/plural.js'
import { at, command, words } from '../contract/next-command.js'

/** Finds a completed migration of the same bytes in another environment; the worker gives it through Temporal's visibility. */
export type StagingProof = (input: { environment: string; files: MigrationRef[] }) => Promise<string | null>

/** The runbook's Pre-Migration Checklist: what a machine can know here, and what `start` brought along as evidence. */
export async function runChecklist(
  here: ActivityContext,
  stagingProof: StagingProof | undefined,
  input: Parameters<SlowActivities['runChecklist']>[0],
  signal: AbortSignal,
): ReturnType<SlowActivities['runChecklist']> {
  const { target } = here
  const files = await unpackBundle(input.bundle, input.files, artifactStore(here))
  const { migrationsTable } = target
  const { applied, schema } = await withReader(target, async (reader) => ({
    applied: (await readLedger(reader, migrationsTable)).map(({ name }) => name),
    schema: await readSchemaSql(reader, migrationsTable),
  }))
  const { findings } = await validateInOwnProcess({
    files,
    signal,
    applied,
    schema,
    migrationsTable,
    ...defined({ checksums: input.checksums }),
  })
  const refused = findings.filter(({ severity, accepted }) => severity === 'error' && accepted === undefined)
  const checks = oncePerLine([
    await check('validated', 'All migration files validated', async () =>
      refused.length === 0
        ? validatedText(pendingMigrations(files, applied).length, findings)
        : {
            state: 'failed',
            message: refused
              .map(({ code, migration, message }) => `${code} ${migration}: ${message}`)
              .join('; '),
            advice: words`${command('validate')}`,
          },
    ),
    ...input.evidence.map((line): Check => ({ ...line, source: 'client' })),
    await check('staging', 'Migration tested in staging environment', () => staging(input, stagingProof)),
    await check('recent-backup', 'Recent backup verified', () => recentBackup(here, input.recentBackupMs)),
  ])
  const pending = pendingMigrations(input.files, applied)
  demandPassed(checks, 'The pre-migration checklist is not met', { pending })
  return { checks, findings, pending }
}

/** `validate` judges all files; here the database tells which of them are history. */
export function validatedText(pending: number, findings: readonly Finding[]): string {
  return `${plural(pending, 'pending file')}: ${findingCounts(findings)}; applied files are not judged again`
}

/**
 * What counts when a machine and a person speak of the same line of the runbook, most first. What a client says that it saw passing
 * weighs less than what this worker saw of the line itself.
 */
const WEIGHT = ['failed', 'passed', 'attested', 'warned', 'passed by the client', 'skipped']

function weightOf({ state, source }: Check): number {
  return WEIGHT.indexOf(state === 'passed' && source === 'client' ? 'passed by the client' : state)
}

/** A line of the runbook stands once, with all that was said of it: the proof of a machine before the word of a person. */
export function oncePerLine(checks: readonly Check[]): Check[] {
  const titles = new Set(checks.map(({ title }) => title))
  return [...titles].flatMap((title) => {
    const [first, ...others] = checks
      .filter((check) => check.title === title)
      .sort((a, b) => weightOf(a) - weightOf(b))
    if (first === undefined) return []
    // Nobody configured the proof: where a person answers, that is no news.
    const said = others.filter(({ state, actor }) => state !== 'skipped' || actor !== undefined)
    return [{ ...first, message: [first, ...said].map(({ message }) => message).join('; ') }]
  })
}

async function staging(
  { stagingEnvironment, files }: Parameters<SlowActivities['runChecklist']>[0],
  proof: StagingProof | undefined,
): Promise<Pick<Check, 'state' | 'message' | 'advice'>> {
  if (stagingEnvironment === undefined)
    return { state: 'skipped', message: 'no stagingEnvironment is configured' }
  const found = (await proof?.({ environment: stagingEnvironment, files })) ?? null
  if (found !== null)
    return { state: 'passed', message: `same files completed in ${stagingEnvironment}: ${found}` }
  return {
    state: 'failed',
    message: `no completed run of these files was found in ${stagingEnvironment}`,
    advice: words`${at({ environment: stagingEnvironment }, command('start', '--wait'))}`,
  }
}

/** Step 1 makes a fresh one in any case: its age before that warns, and does not stop. */
async function recentBackup(
  here: ActivityContext,
  maxAgeMs: number,
): Promise<Pick<Check, 'state' | 'message' | 'advice'>> {
  const newest = await newestBackup(archivesAt(here))
  const advice = words`${command('backup')}`
  if (newest === undefined) return { state: 'warned', message: 'there is none yet; step 1 makes one', advice }
  const hours = (Date.now() - Date.parse(newest.createdAt)) / 3_600_000
  const message = `${newest.file}, ${hours.toFixed(1)} h old`
  return hours * 3_600_000 <= maxAgeMs ? { state: 'passed', message } : { state: 'warned', message, advice }
}
