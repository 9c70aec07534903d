import { exitCodeOf } from '../../client/runs.js'
import { at, command, words } from '../../contract/next-command.js'
import { exitCodeAfter } from '../terminal/interrupt.js'
import { gateCommands } from '../../runbook/gate-commands.js'
import { runLines } from '../terminal/run-text.js'
import { databaseLine } from '../terminal/target-text.js'
import { awaitsRollback, driveRun, type DriveOptions } from './drive.js'

/**
 * Stays with a run and asks its prompts, then says how it ended, or how to come back to it. `identity`: how the person said on the line
 * who they are. Returns the exit code.
 */
export async function stayWithRun(options: DriveOptions & { identity: readonly string[] }): Promise<number> {
  const { output, request } = options
  const { environment } = request.target
  if (!output.json) output.line(databaseLine(request.target, output.colors))
  const { view, leftBy, abortSent } = await driveRun(options)
  output.document(view)
  if (!output.json && leftBy === undefined)
    for (const line of ['', ...runLines(view, output.colors)])
      for (const row of output.block(line)) output.verbatim(row)
  if (leftBy === undefined && view.outcome === null && awaitsRollback(view)) {
    output.note('The run waits for a decision at the gate rollback:')
    for (const { label, command: way } of gateCommands('rollback', view, view.rollbackOptions))
      output.note(words`${label}: ${way}`)
    return 1
  }
  if (leftBy === undefined) return exitCodeOf(view)
  if (abortSent) {
    const show = at({ environment }, command('show'))
    output.note(words`Abort was sent; what it did was not seen here. See how the run ends: ${show}`)
    return exitCodeAfter(leftBy === 'SIGTERM' ? 'SIGTERM' : 'SIGINT')
  }
  output.note(
    words`The run goes on. Come back to its prompts: ${at({ environment }, command('watch', '--decide', ...options.identity))}`,
  )
  // A person who chose to leave got what they asked for; a wait that a signal ended did not, and the run has no outcome yet.
  return leftBy === 'choice' ? 0 : exitCodeAfter(leftBy)
}
