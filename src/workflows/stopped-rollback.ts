import type { Plan } from '../contract/plan.js'
import type { Status } from '../contract/status.js'
import { read } from './activities.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'

/**
 * People stopped the run while the database was being taken back: whatever that did is read from the database and told, for
 * nobody else will look. Never throws.
 */
export async function tellWhereItStopped(run: Run): Promise<void> {
  const { plan, request } = run
  if (plan === null) return
  const { target, files } = request
  let note: string
  try {
    const status = await run.audited(
      read.readStatus.executeWithOptions({ summary: 'Read back where the rollback stopped' }, [
        { target, files },
      ]),
    )
    const inLedger = new Set(status.applied.map(({ name }) => name))
    run.view.migrations = run.view.migrations.map((one) =>
      one.state === 'applied' && !inLedger.has(one.name) ? { ...one, state: 'absent' } : one,
    )
    note = `The rollback was stopped. Read back: ${whereItIs(plan, status)}`
  } catch (error) {
    note = `The rollback was stopped, and the database could not be read back: ${failureOf(error).message}`
  }
  run.view.observations.push({ note, actor: 'd1-runbook', at: now() })
}

function whereItIs(plan: Plan, { applied, schemaFingerprint }: Status): string {
  const last = applied.at(-1)?.name ?? 'nothing'
  const schema =
    schemaFingerprint === plan.schemaFingerprint
      ? 'that of before the migration'
      : schemaFingerprint === plan.predictedFingerprint
        ? 'that of after the migration'
        : 'neither that of before nor that of after the migration'
  return `the ledger ends with ${last}, the schema is ${schema}`
}
