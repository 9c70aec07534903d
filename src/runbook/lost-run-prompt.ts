import type { MigrationResult, RunView } from '../contract/run.js'
import { ledgerText, migrationState } from './migration-state.js'

/** What is confirmed before a run goes on from what another one left, as lines for people. */
export function lostRunPrompt(view: RunView, lost: { run: string; since: string } | undefined): string[] {
  const { migrations, backup } = view
  const settled = migrations.every(({ state }) => state === 'applied')
  return [
    'No migration runs. This run goes on from what a run left that Temporal no longer knows',
    ...(backup === null ? [] : [`Backup of before: ${backup.file}, made ${backup.createdAt}`]),
    ...migrations.map((one) => `${one.name}: ${migrationState(one, migrations)}`),
    `Read back: ${ledgerText(view) ?? 'nothing'}`,
    lost === undefined
      ? 'Which run made that backup is not known by it: whoever approves says that its run is lost'
      : `The run ${lost.run} holds that backup since ${lost.since}, and never let go of it`,
    settled
      ? 'Approving goes on with the validation and the monitoring, from their beginning'
      : 'Approving asks for the rollback decision',
  ]
}

/** The issue where the database is not as the files that its ledger names leave it. */
export function notAppliedText(migrations: readonly MigrationResult[]): string {
  const states = migrations.filter(({ state }) => state !== 'applied')
  return `The lost run left the database between two states: ${states.map((one) => `${one.name} is ${migrationState(one, migrations)}`).join('; ')}`
}
