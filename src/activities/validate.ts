import { readSnapshot } from '../d1/read/open-reader.js'
import type { ReadActivities } from '../contract/activities.js'
import type { Check } from '../contract/run.js'
import type { Probe } from '../contract/monitoring.js'
import { probeCheck } from '../runbook/gaps.js'
import { check } from './checks.js'
import { checkConnectivity } from './connectivity.js'
import { runProbes } from './probes/run-probes.js'
import type { ActivityContext } from './worker-place.js'

/** The runbook's Step 4: everything is read back, nothing is taken from what the tools said. */
export async function validateMigration(
  here: ActivityContext,
  input: Parameters<ReadActivities['validateMigration']>[0],
): ReturnType<ReadActivities['validateMigration']> {
  const { target } = here
  const { plan } = input
  const { ledger, schemaFingerprint } = await readSnapshot(target)
  const names = new Set(ledger.map(({ name }) => name))
  const missing = plan.migrations.filter(({ name }) => !names.has(name)).map(({ name }) => name)
  const expected = { schemaFingerprint: plan.predictedFingerprint, ledger: ledger.map(({ name }) => name) }
  const probes = input.probes.filter(({ kind }) => kind !== 'backup' && kind !== 'stability')
  const results = await runProbes({ target, probes, expected, env: here.env, variables: here.variables })
  const checks: Check[] = [
    await check('ledger', 'All migrations show as applied', async () =>
      missing.length === 0
        ? `${plan.migrations.length} of ${plan.migrations.length} are in the ledger`
        : { state: 'failed', message: `not in the ledger: ${missing.join(', ')}` },
    ),
    await check('schema', 'Schema is as rehearsed', async () =>
      schemaFingerprint === plan.predictedFingerprint
        ? schemaFingerprint.slice(0, 12)
        : {
            state: 'failed',
            message: `the schema is ${schemaFingerprint.slice(0, 12)}, rehearsed was ${plan.predictedFingerprint.slice(0, 12)}`,
          },
    ),
    await check('connectivity', 'Database connections successful', async () => {
      const { latencyMs, database } = await checkConnectivity(here)
      return `${database} answers in ${Math.round(latencyMs)} ms`
    }),
    ...results.map(({ probe, kind, ok, critical, message }): Check => ({
      name: probeCheck(probe),
      title: probeTitle(kind, probe),
      state: ok === true ? 'passed' : ok === false ? 'failed' : 'warned',
      message,
      probeKind: kind,
      ...(critical ? { critical } : {}),
    })),
  ]
  return { checks, passed: checks.every(({ state }) => state !== 'failed') }
}

/** A probe by what it looks at: only one that asks the application says anything of its health. */
export function probeTitle(kind: string, probe: string): string {
  const known = Object.entries(LOOKS_AT).find(([name]) => name === kind)
  return `${known === undefined ? 'Probe' : known[1]}: ${probe}`
}

const LOOKS_AT: Record<Probe['kind'], string> = {
  http: 'Application health',
  connectivity: 'Database connection',
  sql: 'Query of the database',
  stability: 'Schema and ledger',
  backup: 'Backups',
  prometheus: 'Metric',
  'json-metric': 'Metric',
  'cloudflare-analytics': "Cloudflare's analytics",
}
