import type { Since } from '../contract/rollback.js'
import type { MigrationResult, RunView } from '../contract/run.js'
import { objectPhrases } from '../text/written-since.js'
import { zonedDateTime } from '../text/clock.js'
import { ledgerText, migrationState } from './migration-state.js'

/** What is confirmed before a run goes on from what another one left, as lines for people. `issue`: what stands in the way of that. */
export function lostRunPrompt(
  view: RunView,
  { lost, issue }: { lost?: { run: string; since: string } | undefined; issue: string | undefined },
): string[] {
  const { migrations, backup } = view
  const timeOf = (iso: string): string => zonedDateTime(Date.parse(iso), view.timeZone ?? 'UTC')
  return [
    'No migration runs. This run goes on from what a run left that Temporal no longer knows',
    ...(backup === null ? [] : [`Backup of before: ${backup.file}, made ${timeOf(backup.createdAt)}`]),
    ...migrations.map((one) => `${one.name}: ${migrationState(one, migrations)}`),
    `Read back: ${ledgerText(view) ?? 'nothing'}`,
    lost === undefined
      ? 'Which run made that backup is not known by it: whoever approves says that its run is lost'
      : `The run ${lost.run} holds that backup since ${timeOf(lost.since)}, and never let go of it`,
    ...(issue === undefined
      ? ['Approving goes on with the validation and the monitoring, from their beginning']
      : [issue, 'Approving asks for the rollback decision']),
  ]
}

/** Why the database is not as the files that its ledger names leave it; undefined where it is. */
export function lostRunIssue(
  migrations: readonly MigrationResult[],
  { settled, others }: { settled: boolean; others?: Since | undefined },
): string | undefined {
  const states = migrations.filter(({ state }) => state !== 'applied')
  if (states.length > 0)
    return `The lost run left the database between two states: ${states.map((one) => `${one.name} is ${migrationState(one, migrations)}`).join('; ')}${differences(others)}`
  if (settled) return undefined
  return `The ledger names every file, and the schema is not the one that they lead to${differences(others)}`
}

function differences(others: Since | undefined): string {
  if (others === undefined) return ''
  if ('unknown' in others) return `; what is otherwise is not known: ${others.unknown}`
  const phrases = objectPhrases(others.objects)
  return phrases.length === 0 ? '' : `; otherwise than they leave it: ${phrases.join('; ')}`
}
