import { phrases } from '../text/phrases.js'
import type { Announcement, Contact } from '../contract/announcement.js'
import type { RunView } from '../contract/run.js'
import { noteMessage, type MessageContext } from './messages.js'
import { afterRollbackLines } from './after-rollback.js'
import { ledgerText, migrationState, safetyCopyText, wayText } from './migration-state.js'
import { compressedGap, gapLine } from './gaps.js'
import { lostBy } from './rollback-options.js'
import { finalVerdict, lastLook, verdictCounts } from './monitoring/end.js'
import { words, type Words } from '../contract/next-command.js'

export interface EndMessage {
  kind: Announcement['kind']
  text: Words
}

/**
 * The last message of a run, in the words of how it ended. `view` has its outcome and failure. A run that is over promises
 * no further update; only what needs somebody now is an emergency.
 */
export function endMessage(
  input: MessageContext & { view: RunView; contacts: readonly Contact[]; timeZone?: string },
): EndMessage {
  const { view } = input
  const { message, failure } = view
  const advice = failure === null || failure.advice === '' ? [] : [words`What to do: ${failure.advice}`]
  const note = (icon: string, title: string, details: Words[]): EndMessage => ({
    kind: 'note',
    text: noteMessage({ ...input, icon, title, details }),
  })
  const alarm = (title: string, details: Words[]): EndMessage => ({
    kind: 'emergency',
    text: noteMessage({
      ...input,
      icon: '🚨',
      title,
      details: [...details, ...contactLines(input.contacts)],
    }),
  })
  switch (view.outcome) {
    case 'completed':
      if (view.adopted !== undefined) return note('✅', message, stateLines(view))
      return view.monitoring === null
        ? note('✅', `Nothing to migrate: ${message}`, [])
        : note('✅', `Monitoring ended: ${finalVerdict(view.monitoring)}`, [
            verdictCounts(view.monitoring),
            ...compressedGap(view).map(gapLine),
            ...stateLines(view),
          ])
    case 'completed-unhealthy':
      return alarm('Applied, but not healthy', [
        ...(view.monitoring === null
          ? [message]
          : [lastLook(view.monitoring, input.timeZone ?? 'UTC'), verdictCounts(view.monitoring)]),
        ...compressedGap(view).map(gapLine),
        'The monitoring is over: nobody looks at it any more, and this run takes nothing back any more',
        ...stateLines(view),
        ...(view.backup === null ? [] : [`Backup of before the migration: ${view.backup.file}`]),
      ])
    case 'rolled-back':
      return note('↩️', 'Migration taken back', takenBackLines(view, input.timeZone ?? 'UTC'))
    case 'declined':
      return note('✋', `Declined: ${message}`, stateLines(view))
    case 'expired':
      return note('⌛', `Expired: ${message}`, stateLines(view))
    case 'aborted':
      return note('🛑', `Aborted: ${message}`, stateLines(view))
    case 'drifted':
      return alarm(`Stopped, the database had drifted: ${message}`, [...stateLines(view), ...advice])
    case 'failed':
    case null:
      if (failure?.type === 'PlanBlocked')
        return note('⛔', `Not begun: ${message}`, [...stateLines(view), ...advice])
      // Whoever had the alert has the contacts; this says how it ended.
      return view.announcements.some(({ kind }) => kind === 'emergency')
        ? note('❌', `The run ended as failed: ${message}`, [...stateLines(view), ...advice])
        : alarm(`Migration failed: ${message}`, [...stateLines(view), ...advice])
  }
}

/** What this run did to each file, and what was read back. */
function stateLines(view: RunView): string[] {
  const { migrations } = view
  const tried = migrations.some(({ state }) => state !== 'pending' && state !== 'not-executed')
  const { adopted = [], notProven } = view
  if (notProven !== undefined && view.adopted === undefined)
    return ['Whether the ledger was written is not known: it could not be read back']
  if (adopted.length > 0) return [`Recorded in the ledger, and not run: ${adopted.join(', ')}`]
  if (!tried) return ['No file was tried: this run changed nothing in the database']
  const said = ledgerText(view)
  return [
    ...migrations.map((one) => `${one.name}: ${migrationState(one, migrations)}`),
    ...(said === undefined ? [] : [`Read back: ${said}`]),
  ]
}

function takenBackLines(view: RunView, timeZone: string): string[] {
  const { migrations, rollback } = view
  const by = migrations.find(({ takenBackBy }) => takenBackBy !== undefined)?.takenBackBy
  const lost = rollback === undefined ? undefined : phrases(lostBy(rollback, view.backup, timeZone))
  return [
    `Issue: ${rollback?.issue ?? view.message}`,
    ...(by === undefined ? [] : [`Way: ${wayText(by)}`]),
    ...(lost === undefined ? [] : [`Lost: ${lost === '' ? 'nothing, as rehearsed' : lost}`]),
    ...(rollback?.undo === undefined ? [] : [`Undo: Time Travel to the bookmark ${rollback.undo}`]),
    ...(view.safetyCopy === undefined ? [] : [safetyCopyText(view.safetyCopy, timeZone)]),
    `Database now: ${ledgerText(view) ?? 'its ledger could not be read again'}`,
    ...afterRollbackLines(view, timeZone),
    ...migrations.map((one) => `${one.name}: ${migrationState(one, migrations)}`),
  ]
}

function contactLines(contacts: readonly Contact[]): string[] {
  return contacts.map(({ role, name, contact }) => `${role}: ${name}, ${contact}`)
}
