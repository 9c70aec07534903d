import { ApplicationFailure } from '@temporalio/common'
import type { RunbookActivities } from '../../src/contract/activities.js'
import type { Announcement } from '../../src/contract/announcement.js'
import type { Checkpoint } from '../../src/contract/monitoring.js'
import type { Plan, PlanBound } from '../../src/contract/plan.js'
import type { MigrationRef } from '../../src/contract/target.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { FILES } from './request.js'
import { plain } from '../../src/contract/command-line.js'

/** A database of three files, in memory: what the activities say of it is what was done to it. */
export interface World {
  ledger: string[]
  calls: string[]
  /** As a person reads it where only text can be shown. */
  told: (Omit<Announcement, 'deliveries' | 'text'> & { text: string })[]
  reports: RunView[]
  activities: RunbookActivities
}

/** What signed decisions are held to; in this world nobody signs. */
export const ADOPTION_BOUND: PlanBound = {
  ...{ version: 2, act: 'adopt', content: '', charterHash: '', requester: 'Ada', environment: 'local' },
  ...{ databaseId: '', migrations: [], ledger: [], backupSha256: '' },
}

const PLAN_HASH = 'a'.repeat(64)

/** Schema fingerprint of this ledger. */
function fingerprint(ledger: readonly string[]): string {
  return `schema after ${ledger.join(', ')}`
}

/** A world in which all goes well, but for the activities that a test replaces. */
export function openWorld(override: (world: World) => Partial<RunbookActivities> = () => ({})): World {
  const world: World = {
    ledger: [FILES[0]?.name ?? ''],
    calls: [],
    told: [],
    reports: [],
    activities: {} as RunbookActivities,
  }
  const now = (): string => new Date().toISOString()
  const passed = (name: string) => ({ name, title: name, state: 'passed' as const, message: 'good' })
  const activities: RunbookActivities = {
    // A charter that says what the request says.
    admit: async ({ request }) => ({
      charterHash: 'f'.repeat(64),
      differences: [],
      effective: request as MigrationRequest,
    }),
    checkPrerequisites: async () => ({ checks: [passed('wrangler')] }),
    runChecklist: async () => ({ checks: [passed('validated')], findings: [] }),
    readStatus: async ({ target, files }) => ({
      environment: target.environment,
      database: target.database,
      applied: world.ledger.map((name, index) => ({ id: index + 1, name, appliedAt: now() })),
      pending: files.filter(({ name }) => !world.ledger.includes(name)),
      conflicts: [],
      schemaFingerprint: fingerprint(world.ledger),
      timestamp: now(),
    }),
    readBookmark: async () => ({ bookmark: 'now' }),
    keepNeeds: async () => ({ kept: 0 }),
    createBackup: async () => ({
      file: 'backup-local-2026-01-02-030405.zip',
      sha256: 'b'.repeat(64),
      sizeBytes: 1,
      createdAt: now(),
      verified: true,
      tables: [],
      schemaFingerprint: fingerprint(world.ledger),
      durationMs: 1,
    }),
    rehearse: async ({ target, status }) =>
      planOf(
        target,
        status.applied.map(({ name }) => name),
      ),
    takeBaseline: async () => ({ takenAt: now(), probes: {} }),
    checkConnectivity: async () => ({ latencyMs: 1, database: 'art-archive' }),
    applyMigration: async ({ migration, ledgerBefore }) => {
      if (world.ledger.join() !== ledgerBefore.join()) throw refusal('Drifted', 'the ledger has moved')
      world.ledger.push(migration.name)
      return { name: migration.name, sha256: migration.sha256, state: 'applied', durationMs: 5 }
    },
    validateMigration: async () => ({ checks: [passed('ledger')], passed: true }),
    runCheckpoint: async ({ number, plannedAt, late }) => checkpoint(number, plannedAt, late, 'healthy'),
    proveAdoption: async ({ files }) => {
      const [proven, ...rest] = files.filter(({ name }) => !world.ledger.includes(name))
      return {
        adoption: {
          proven: proven === undefined ? [] : [proven.name],
          notProven: rest.map(({ name }) => ({ name, why: 'it is not there', differences: [] })),
          ...{ extra: [], edited: [], ledger: [...world.ledger] },
          schemaFingerprint: fingerprint(world.ledger),
        },
        planHash: String(world.ledger.length).repeat(64),
        bound: ADOPTION_BOUND,
      }
    },
    recordAdoption: async ({ names, ledgerBefore }) => {
      if (world.ledger.join() !== ledgerBefore.join()) throw refusal('Drifted', 'the ledger has moved')
      world.ledger.push(...names)
      return { adopted: names }
    },
    findLostRun: async ({ target, files }) => {
      const before = [FILES[0]?.name ?? '']
      const schemaFingerprint = fingerprint(before)
      const known = openWorld().activities
      const backup = await known.createBackup({ target, files, keep: 1 })
      return {
        backup: { ...backup, schemaFingerprint },
        plan: planOf(
          target,
          before,
          files.filter(({ name }) => world.ledger.includes(name)),
        ),
        status: await world.activities.readStatus({ target, files }),
        lost: { run: 'local-20260102-030405-00000000', since: now() },
      }
    },
    prepareReverse: async ({ ledgerBefore, applied }) => ({
      bundle: { encoding: 'gzip-base64', data: '' },
      migration: {
        name: '0004_rollback_2026_01_02.sql',
        sha256: 'c'.repeat(64),
        statements: 1,
        durationMs: 0,
        fingerprintBefore: fingerprint([...ledgerBefore, ...applied]),
        fingerprintAfter: fingerprint(ledgerBefore),
      },
      price: [],
      file: 'runs/1/0004_rollback_2026_01_02.sql',
    }),
    checkArchive: async () => ({ place: 'backups' }),
    sealArchives: async () => ({ sealed: [], already: [], needed: [], unreadable: [] }),
    reverseOfPlan: async ({ ledger, plan }) => ({
      bundle: { encoding: 'gzip-base64', data: '' },
      migration: {
        name: '0004_rollback_2026_01_02.sql',
        sha256: 'd'.repeat(64),
        statements: 1,
        durationMs: 0,
        fingerprintBefore: fingerprint(ledger),
        fingerprintAfter: plan.schemaFingerprint,
      },
      price: [],
      file: 'runs/1/0004_rollback_2026_01_02.sql',
    }),
    countWrittenSince: async ({ backup }) => ({
      writtenSince: { since: backup.createdAt, asOf: now(), by: 'sums', tables: [], objects: [] },
    }),
    compareAfterRollback: async ({ backup }) => ({
      compared: { since: backup.createdAt, asOf: now(), by: 'sums', tables: [], objects: [] },
    }),
    travelBack: async () => ({ previousBookmark: 'undo', schemaFingerprint: fingerprint(world.ledger) }),
    restoreFromBackup: async () => ({ schemaFingerprint: fingerprint(world.ledger) }),
    announce: async ({ message }) => {
      world.told.push({ ...message, text: plain(message.text) })
      return []
    },
    writeReport: async ({ view }) => {
      world.reports.push(view)
      return { files: ['report.md'] }
    },
    updateDocuments: async () => ({ files: ['MIGRATIONS.md'] }),
    keepReverseMigration: async ({ migration }) => ({ files: [migration.name] }),
    writeFailureFiles: async () => ({ files: ['migration-failure-state.json'] }),
    ...override(world),
  }
  world.activities = Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [
      name,
      (input: never) => {
        world.calls.push(name)
        return (run as (input: never) => unknown)(input)
      },
    ]),
  ) as unknown as RunbookActivities
  return world
}

export function refusal(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [{ advice: 'look at it' }] })
}

export function checkpoint(
  number: number,
  plannedAt: string,
  late: boolean,
  verdict: Checkpoint['verdict'],
): Checkpoint {
  return {
    number,
    plannedAt,
    at: plannedAt,
    late,
    verdict,
    reasons:
      verdict === 'healthy'
        ? []
        : [{ criterion: 'check', probe: 'page', verdict, measured: null, limit: null, text: 'page: slow' }],
    results: [],
  }
}

function planOf(
  target: Pick<Plan, 'environment' | 'database'>,
  ledger: string[],
  files: readonly MigrationRef[] = FILES,
): Plan {
  const pending = files.filter(({ name }) => !ledger.includes(name))
  const after = pending.map((_, index) => [...ledger, ...pending.slice(0, index + 1).map(({ name }) => name)])
  return {
    planHash: PLAN_HASH,
    verdict: 'ok',
    environment: target.environment,
    database: target.database,
    migrations: pending.map((file, index) => ({
      ...file,
      statements: 1,
      durationMs: 1,
      fingerprintBefore: fingerprint(after[index - 1] ?? ledger),
      fingerprintAfter: fingerprint(after[index] ?? ledger),
    })),
    findings: [],
    ledger,
    schemaFingerprint: fingerprint(ledger),
    predictedFingerprint: fingerprint(after.at(-1) ?? ledger),
    rows: [],
    rollback: { available: true, rehearsed: true, price: [] },
  }
}
