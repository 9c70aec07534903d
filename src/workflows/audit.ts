import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/workflow'
import type { Audited } from '../contract/activities.js'
import type { CommandRecord, RunView } from '../contract/run.js'

/** Enough for any run; bounded, since the state is also the workflow's result. */
const MAX_COMMANDS = 300

/** Appends to the audit trail. Past its bound the last one is kept in place of the one before it. */
export function keepCommands(view: Pick<RunView, 'commands'>, commands: readonly CommandRecord[]): void {
  const kept = [...(view.commands ?? []), ...commands]
  view.commands = kept.length <= MAX_COMMANDS ? kept : [...kept.slice(0, MAX_COMMANDS - 1), ...kept.slice(-1)]
}

/** The answer of an activity without what only the audit trail wants. */
export function answerOf<T extends object>(answer: Audited<T>): T {
  const { commands: _, ...rest } = answer
  return rest as unknown as T
}

/** The commands that a failed or cancelled activity had run. */
export function commandsOf(error: unknown): CommandRecord[] {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (!(cause instanceof ApplicationFailure) && !(cause instanceof CancelledFailure)) return []
  const [detail] = cause.details ?? []
  const commands = (detail as { commands?: unknown } | undefined | null)?.commands
  return Array.isArray(commands) ? (commands as CommandRecord[]) : []
}
