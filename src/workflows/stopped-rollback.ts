import { OWN_NAME } from '../contract/names.js'
import { isCancellation, patched } from '@temporalio/workflow'
import { command, words } from '../contract/next-command.js'
import { noteMessage } from '../runbook/messages.js'
import { ledgerText, migrationState, touchedBy } from '../runbook/migration-state.js'
import { read } from './activities.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'
import { believe } from './failed-way.js'

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
    believe(run, status)
    note = `The rollback was stopped. Read back: ${ledgerText(run.view) ?? ''}`
  } catch (error) {
    if (run.wayBack.began) believe(run, 'unread')
    note = `The rollback was stopped, and the database could not be read back: ${failureOf(error).message}`
  }
  run.view.observations.push({ note, actor: OWN_NAME, at: now() })
}

/**
 * The offer to take the database back outlives the stop of a run: a touched database is never left without a decision of
 * those who may decide at the gate `rollback`. Whoever stopped the run hears that it still waits there.
 * @throws what `work` threw, once people keep the database as it is
 */
export async function offeredToTheEnd(
  run: Run,
  { work, afterStop }: { work: () => Promise<void>; afterStop: (stopped: string) => Promise<void> },
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isCancellation(error) || !stillTouched(run) || !patched('stop-keeps-the-offer')) throw error
    run.view.paused = false
    // A decision that the stop cut short is not carried out again by itself.
    if (run.gates.of('rollback').state !== 'open') run.gates.void('rollback')
    const details = [
      'The database was touched, so the run waits for the decision at the gate rollback before it ends',
      words`Take it back: ${command('rollback', '--strategy', 'STRATEGY')}`,
      words`Keep it as it is: ${command('rollback', '--strategy', 'none')}`,
      ...run.view.migrations.map((one) => `${one.name}: ${migrationState(one, run.view.migrations)}`),
    ]
    const stopped = run.endingOf(error).message
    const title = `${stopped}: the way back stays open`
    run.announcer.tell('note', noteMessage({ ...run.context, icon: '🛑', title, details }))
    await run.uninterrupted(() => afterStop(stopped))
    throw error
  }
}

/** Also where a way back that was cut short left the ledger empty: the schema tells that from a database as before. */
function stillTouched({ view }: Run): boolean {
  return (
    touchedBy(view.migrations).length > 0 || (view.ledger !== undefined && view.ledger.schema !== 'as-before')
  )
}
