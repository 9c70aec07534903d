import type { MigrationRequest } from '../../src/contract/run.js'
import type { GatePolicy } from '../../src/contract/policy.js'
import type { Gate } from '../../src/contract/names.js'
import { defaultPolicy } from '../../src/runbook/default-policy.js'
import { checkpointOffsets } from '../../src/runbook/monitoring/schedule.js'
import { FULL } from '../full.js'

export const FILES = ['0001_first.sql', '0002_second.sql', '0003_third.sql'].map((name, index) => ({
  name,
  sha256: String(index + 1).repeat(64),
}))

/** The runbook's 34 looks, for tests that count them. Milliseconds after the apply. */
export const ALL_LOOKS = checkpointOffsets()
const MINUTE = 60_000

/**
 * What a run looks at otherwise, a day as well: each look is two more tasks of a workflow, and 34 of them were most of what these tests
 * computed. Three in a row at the runbook's first pace, as many as any alert waits for, one on the way and the last.
 */
export const LOOKS = FULL ? ALL_LOOKS : [5, 10, 15, 120, 24 * 60].map((minutes) => minutes * MINUTE)

/** A request for a local database with two pending files; `gates` overrides single rules of the policy. */
export function requestFor(
  database: string,
  overrides: Partial<MigrationRequest> = {},
  gates: Partial<Record<Gate, Partial<GatePolicy>>> = {},
): MigrationRequest {
  const policy = defaultPolicy({ environment: 'local', production: false, people: [] })
  for (const [gate, rules] of Object.entries(gates)) {
    policy.gates[gate as Gate] = { ...policy.gates[gate as Gate], ...rules }
  }
  return {
    target: {
      environment: 'local',
      production: false,
      database: { name: 'art-archive', id: database, remote: false },
      binding: 'DB',
      projectDir: 'project',
      wranglerConfig: 'project/wrangler.jsonc',
      migrationsDir: 'project/migrations',
      migrationsTable: 'd1_migrations',
      backupDir: 'project/backups',
    },
    files: FILES,
    bundle: { encoding: 'gzip-base64', data: '' },
    requester: 'Ada',
    preApproved: false,
    policy,
    people: [],
    channels: [],
    contacts: [],
    timeZone: 'UTC',
    monitoring: {
      probes: [],
      thresholds: {
        responseTimeFactor: 2,
        responseTimeFloorMs: 250,
        errorRateIncrease: 0.05,
        consecutiveBreaches: 2,
        unknownsBeforeAlert: 3,
      },
      offsetsMs: LOOKS,
      timeScale: 1,
      baselineSamples: 1,
      baselinePauseMs: 0,
    },
    evidence: [],
    keepBackups: 14,
    recentBackupMs: 86_400_000,
    updateEveryMs: 900_000,
    ...overrides,
  }
}
