import type { Command } from 'commander'
import type { Status } from '../../contract/status.js'
import type { App } from '../terminal/app.js'
import { openContext } from '../../config/context.js'
import { blocking, readProjectStatus } from '../jobs/project-status.js'
import { configuredZone, timeIn } from '../jobs/zone.js'
import type { Output } from '../terminal/output.js'
import { databaseLine } from '../terminal/target-text.js'
import { at, command, words } from '../../contract/next-command.js'

/** Runbook step 2: the ledger against the files. A conflict that blocks ends with exit code 1. */
export function statusCommand(app: App, summary: string): Command {
  return app
    .command('status', summary, [
      'status',
      'status --env production',
      `status --env production --json | grep '"success": true'`,
    ])
    .action(
      app.action(async ({ options, output }) => {
        const context = await openContext(options)
        const { status, success } = await readProjectStatus(context)
        output.document({ success, ...status })
        if (!output.json) printStatus(output, status, await configuredZone(options))
        return success ? 0 : 1
      }),
    )
}

export function printStatus(output: Output, status: Status, timeZone: string): void {
  const { colors } = output
  output.line(databaseLine(status, colors))
  output.line()
  output.line(`Applied (${status.applied.length}):`)
  for (const { name, appliedAt } of status.applied) {
    output.line(`  ${colors.green('✔')} ${name}  ${colors.dim(timeIn(timeZone, appliedAt))}`)
  }
  output.line(`Pending (${status.pending.length}):`)
  for (const { name, sha256 } of status.pending) {
    output.line(`  ${colors.yellow('○')} ${name}  ${colors.dim(sha256.slice(0, 12))}`)
  }
  if (status.conflicts.length > 0) {
    output.line(`Conflicts (${status.conflicts.length}):`)
    for (const conflict of status.conflicts) {
      const mark = conflict.blocking === false ? colors.yellow('!') : colors.red('✖')
      output.line(`  ${mark} ${conflict.code} ${conflict.migration}: ${conflict.message}`)
    }
  }
  output.line()
  output.line(
    `Schema ${status.schemaFingerprint.slice(0, 12)}, read at ${timeIn(timeZone, status.timestamp)}`,
  )
  const there = status.alreadyThere
  if (there !== undefined) {
    const names = there.objects.map(({ type, name }) => `${type} ${name}`).join(', ')
    output.line(`${there.migration} is pending, and what it makes is there already: ${names}`)
    output.line(there.advice)
  } else if (blocking(status).length > 0) {
    output.line('Review each conflict before going on: does the file or the ledger say what really ran?')
  } else if (status.pending.length > 0) {
    output.line(words`Next: ${at({ environment: status.environment }, command('plan'))}`)
  }
}
