import type { Command } from 'commander'
import { createHash } from 'node:crypto'
import { ICalCalendar, ICalCalendarMethod, ICalEventTransparency } from 'ical-generator'
import { defined } from '../../contract/defined.js'
import { messageOf } from '../../contract/failures.js'
import type { MigrationRequest, RunView } from '../../contract/run.js'
import { environmentEvents, runEvents, type CalendarEvent } from '../../runbook/calendar.js'
import { visible } from '../../text/visible.js'
import type { App, CommonOptions } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import type { Output } from '../terminal/output.js'

/** Windows, freezes and what runs have ahead, as an iCalendar file (RFC 5545). */
export function calendarCommand(app: App, summary: string): Command {
  return app
    .command(
      'calendar',
      summary,
      [
        'calendar > migrations.ics',
        'calendar --env production > production.ics',
        'calendar --run migration/production/1f8a3b57-d640-4e9c-8c25-a7d93e06b4f2 > run.ics',
      ],
      'all',
    )
    .option('--run <id>', 'only this run')
    .addHelpText(
      'after',
      helpParagraph(
        'All environments without --env. Times are UTC, which every calendar shows in its own zone; an event keeps its ID, so that a file that is imported again moves what has moved.',
      ),
    )
    .action(
      app.action<{ run?: string }>(async ({ options, output, given }) => {
        const environment = given('env') ? options.env : undefined
        const events =
          options.run === undefined
            ? [...(await configured(options, environment)), ...(await openRuns(options, environment, output))]
            : await oneRun(options, options.run)
        events.sort((a, b) => a.start.localeCompare(b.start))
        output.document({ success: true, events })
        if (!output.json) output.raw(icsOf(events, new Date()))
        return 0
      }),
    )
}

/** Throws `EnvironmentUnknown`, and what the configuration is refused for. */
async function configured(options: CommonOptions, environment: string | undefined): Promise<CalendarEvent[]> {
  const { loadProject } = await import('../../config/project.js')
  const { resolveRequestSettings } = await import('../../config/settings.js')
  const { resolveTarget } = await import('../../config/target.js')
  const project = await loadProject({ projectDir: options.project })
  const names = environment === undefined ? [...project.environments.keys()] : [environment]
  return names.flatMap((name) => {
    const { window, freezes } = resolveRequestSettings(project, name)
    if (window === undefined && freezes === undefined) return []
    const { database } = resolveTarget(project, name, {
      ...defined({ database: options.database }),
      allowSharedDatabase: true,
    })
    return environmentEvents({ environment: name, database: database.name, window, freezes })
  })
}

/** What cannot be read is told, and keeps nothing else out of the calendar. */
async function openRuns(
  options: CommonOptions,
  environment: string | undefined,
  { note }: Output,
): Promise<CalendarEvent[]> {
  const { withSession } = await import('../../client/session.js')
  const { listRuns } = await import('../../client/list.js')
  const { readRun } = await import('../../client/runs.js')
  const { readRequest } = await import('../../client/run-history.js')
  try {
    return await withSession(options.project, async (session) => {
      const events: CalendarEvent[] = []
      for (const run of await listRuns(session, { environment, open: true })) {
        try {
          const view = await readRun(session, run.workflowId, run.runId)
          events.push(...runEvents(view, await readRequest(session, run)))
        } catch (error) {
          note(`Without the run ${run.workflowId}: ${messageOf(error)}`)
        }
      }
      return events
    })
  } catch (error) {
    note(`Without runs: ${messageOf(error)}`)
    return []
  }
}

async function oneRun(options: CommonOptions, run: string): Promise<CalendarEvent[]> {
  const { withRun } = await import('../../client/run-id.js')
  const { readRun } = await import('../../client/runs.js')
  const { readRequest } = await import('../../client/run-history.js')
  const [view, request]: [RunView, MigrationRequest | null] = await withRun(
    options,
    run,
    async (session, workflowId, runId) => {
      const view = await readRun(session, workflowId, runId)
      return [view, await readRequest(session, view)]
    },
  )
  return runEvents(view, request)
}

/** Lines end and fold, and texts are escaped, as RFC 5545 has it. */
export function icsOf(events: readonly CalendarEvent[], now: Date): string {
  const calendar = new ICalCalendar({
    name: 'D1 migrations',
    prodId: { company: 'd1-runbook', product: 'calendar', language: 'EN' },
    method: ICalCalendarMethod.PUBLISH,
  })
  for (const { kind, key, start, end, title, detail } of events)
    calendar.createEvent({
      id: `${createHash('sha256').update(`${kind}/${key}`).digest('hex').slice(0, 32)}@d1-runbook`,
      ...{ stamp: now, start: new Date(start), ...(end === undefined ? {} : { end: new Date(end) }) },
      ...{ summary: visible(title), description: visible(detail) },
      categories: [{ name: kind }],
      transparency: kind === 'window' ? ICalEventTransparency.OPAQUE : ICalEventTransparency.TRANSPARENT,
    })
  return `${calendar.toString()}\r\n`
}
