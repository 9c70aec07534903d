import type { Command } from 'commander'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { at, command, words, type CommandPlace, type Words } from '../../contract/next-command.js'
import { readInbox, type Inbox } from '../../client/inbox.js'
import { LIST_LIMIT, listRuns } from '../../client/list.js'
import { withSession } from '../../client/session.js'
import { likelyPlace } from '../jobs/likely-place.js'
import { gateCommands } from '../../runbook/gate-commands.js'
import { plural } from '../../text/plural.js'
import type { App } from '../terminal/app.js'
import type { Output } from '../terminal/output.js'
import { timeText } from '../terminal/run-text.js'
import { actorOf, identityTyped, withArgs } from './decide.js'
import { runsTable } from './runs-table.js'

interface ListOptions {
  open?: boolean
  mine?: boolean
  actor?: string
  limit?: string
}

export function listCommand(app: App, summary: string): Command {
  return app
    .command('list', summary, ['list', 'list --env production', 'list --open', 'list --mine'], 'all')
    .option('--open', 'only runs that are under way')
    .option('--mine', 'what waits for your decision now, over all runs')
    .option('--actor <name>', "who --mine means (default: git's user name, else the account of this machine)")
    .option('--limit <count>', `how many at most (default: ${LIST_LIMIT})`)
    .action(
      app.action<ListOptions>(async ({ options, output, given }) => {
        const limit = limitOf(options.limit)
        const { timeZone, environments } = await projectAt(options.project)
        const environment = given('env') ? options.env : undefined
        return withSession(options.project, async (session) => {
          if (options.mine === true) {
            const actor = await actorOf({ project: options.project, ...defined({ actor: options.actor }) })
            const inbox = await readInbox(session, { actor, environment })
            return sayInbox({ output, actor, timeZone, identity: identityTyped(options) }, inbox)
          }
          const runs = await listRuns(session, { environment, open: options.open === true, limit })
          if (runs.length === 0 && environment !== undefined) environments?.(environment)
          output.document({ success: true, runs })
          if (output.json) return 0
          const columns = output.live ? output.columns() : Infinity
          for (const line of runsTable(runs, { columns, timeZone, colors: output.colors })) output.line(line)
          if (runs.length === 0)
            output.line(noRuns(environment, options.open === true, await likelyPlace(options)))
          return 0
        })
      }),
    )
}

function noRuns(environment: string | undefined, open: boolean, likely: CommandPlace): Words {
  const where = environment === undefined ? '' : ` of ${environment}`
  if (open) return `No run${where} is under way.`
  return words`No runs${where} yet. Start one: ${at({ ...likely, ...defined({ environment }) }, command('start'))}`
}

/** Throws `ConfigInvalid`. */
export function limitOf(typed: string | undefined): number {
  if (typed === undefined) return LIST_LIMIT
  const limit = Number(typed)
  if (/^\d+$/.test(typed) && Number.isSafeInteger(limit) && limit >= 1) return limit
  throw new RunbookError('ConfigInvalid', `--limit must be a whole number of at least 1, found "${typed}".`, {
    advice: words`Such as: ${command('list', '--limit', '20')}`,
  })
}

/** The zone of the project, and its refusal of an environment that it does not know; runs are listed without a project, too. */
async function projectAt(
  projectDir: string,
): Promise<{ timeZone: string; environments?: (name: string) => void }> {
  const { loadProject } = await import('../../config/project.js')
  const { findEnvironment } = await import('../../config/target.js')
  try {
    const project = await loadProject({ projectDir })
    return { timeZone: project.config.timeZone, environments: (name) => void findEnvironment(project, name) }
  } catch (error) {
    if (error instanceof RunbookError && error.type === 'ProjectNotFound') return { timeZone: 'UTC' }
    throw error
  }
}

/** What was not read is not known to be nothing. */
export function inboxSummary(actor: string, waiting: number, unread: number): string {
  const nothing = waiting === 0
  if (unread === 0) return `Nothing waits for a decision of ${actor}.`
  const known = nothing ? `Nothing that could be read waits for a decision of ${actor}; ` : ''
  return `${known}${plural(unread, 'run')} could not be read: whether ${unread === 1 ? 'it waits' : 'they wait'} for ${actor} is not known.`
}

function sayInbox(
  {
    output,
    actor,
    timeZone,
    identity,
  }: { output: Output; actor: string; timeZone: string; identity: readonly string[] },
  { waiting, unknown }: Inbox,
): number {
  output.document({
    success: true,
    actor,
    waiting: waiting.map(({ run, gates }) => ({ ...run, gates })),
    unknown: unknown.map(({ run, why }) => ({ ...run, why: { type: why.type, message: why.message } })),
  })
  if (output.json) return 0
  const { colors } = output
  const say = (text: Words, indent = ''): void => {
    for (const row of output.block(text, { indent })) output.verbatim(row)
  }
  for (const { run, gates } of waiting) {
    const name = run.databaseName ?? run.database ?? run.workflowId
    const environment = run.environment ?? ''
    for (const { gate, openedAt, expiresAt, rollbackOptions } of gates) {
      const since = openedAt === undefined ? '' : `, since ${timeText(openedAt, { timeZone })}`
      const until = expiresAt === undefined ? '' : `, expires ${timeText(expiresAt, { timeZone })}`
      say(`${colors.bold(gate)}: ${environment} ${name}${since}${until}`)
      const place = { run: run.workflowId, environment }
      say(words`Look at it: ${at(place, command('show'))}`, '  ')
      for (const { label, command: next } of gateCommands(gate, { environment }, rollbackOptions))
        say(words`${label}: ${at(place, withArgs(next, identity))}`, '  ')
    }
  }
  if (waiting.length === 0 || unknown.length > 0)
    output.line(inboxSummary(actor, waiting.length, unknown.length))
  for (const { run, why } of unknown) say(colors.yellow(`Not known of ${run.workflowId}: ${why.message}`))
  return 0
}
