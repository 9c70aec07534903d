import { ledgerText } from '../runbook/migration-state.js'
import { read } from './activities.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'
import { ledgerRead } from './taken-back.js'

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
    run.view.ledger = ledgerRead(run, status)
    const { applied } = run.view.ledger
    run.view.migrations = run.view.migrations.map((one) =>
      one.state === 'applied' && !applied.includes(one.name) ? { ...one, state: 'absent' } : one,
    )
    note = `The rollback was stopped. Read back: ${ledgerText(run.view) ?? ''}`
  } catch (error) {
    note = `The rollback was stopped, and the database could not be read back: ${failureOf(error).message}`
  }
  run.view.observations.push({ note, actor: 'd1-runbook', at: now() })
}
