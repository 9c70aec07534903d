import { defined } from '../contract/defined.js'
import type { SlowActivities } from '../contract/activities.js'
import type { BackupRecord } from '../contract/backup.js'
import type { Proposer } from '../contract/provenance.js'
import type { Plan, PlanBound } from '../contract/plan.js'
import { RunbookError } from '../contract/failures.js'
import { unpackBundle } from '../d1/migrations/bundle.js'
import { hashOf } from '../runbook/charter/charter-hash.js'
import { sha256Of } from './permission.js'
import { rehearseOnCopy, type Rehearsing } from './rehearsal.js'
import { readQueryTraffic } from '../d1/cloudflare/query-traffic.js'
import { artifactStore, type ActivityContext } from './worker-place.js'
import { command, words } from '../contract/next-command.js'

/** Promise 2: runs what is pending on the restored backup. Production must still be what the backup holds. */
export async function rehearse(
  here: ActivityContext,
  input: Parameters<SlowActivities['rehearse']>[0],
  { charterHash, ...rehearsing }: Rehearsing & { charterHash: string },
): ReturnType<SlowActivities['rehearse']> {
  const { backup, status, queries = [] } = input
  const files = await unpackBundle(input.bundle, input.files, artifactStore(here))
  const { target, env } = here
  const unasked = queries.length > 0 || !target.database.remote || status.pending.length === 0
  const traffic = unasked ? undefined : await readQueryTraffic({ target, env, signal: rehearsing.signal })
  const plan = await rehearseOnCopy(here, backup, {
    files,
    applied: status.applied,
    // The backup was made just now, in full.
    wholeCopy: target.database.remote,
    ...defined({ traffic, queries: input.queries, checksums: input.checksums, overlooked: input.overlooked }),
    ...rehearsing,
  })
  if (plan.schemaFingerprint === status.schemaFingerprint)
    return input.requester === undefined
      ? plan
      : boundTo(plan, { ...input, requester: input.requester, charterHash })
  throw new RunbookError(
    'Drifted',
    'The schema of the database is not the one in the backup that was just made.',
    {
      advice: words`Find out who else changes it, then begin again: ${command('start')}`,
    },
  )
}

/** The plan under the hash that covers also who asked, which agent proposed it, under which charter, and what its ways back lead to. */
export function boundTo(
  plan: Plan,
  {
    requester,
    proposedBy,
    charterHash,
    backup,
  }: { requester: string; proposedBy?: Proposer; charterHash: string; backup: BackupRecord },
): Plan {
  const bound: PlanBound = {
    version: 2,
    content: plan.planHash,
    charterHash,
    requester,
    environment: plan.environment,
    databaseId: plan.database.id,
    migrations: plan.migrations.map(({ name, sha256, fingerprintBefore, fingerprintAfter }) => ({
      ...{ name, sha256, fingerprintBefore, fingerprintAfter },
    })),
    ledger: plan.ledger,
    backupSha256: backup.sha256,
    ...defined({ proposedBy, bookmark: backup.bookmark }),
    ...(plan.rollback.sql === undefined ? {} : { reverseSha256: sha256Of(plan.rollback.sql) }),
  }
  return { ...plan, planHash: hashOf(bound), bound }
}
