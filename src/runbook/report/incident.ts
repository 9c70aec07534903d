import type { RunView } from '../../contract/run.js'
import { reasonTexts } from '../../contract/reasons.js'
import { code, codeBlock, paragraphs, prose, table } from '../../text/markdown.js'
import { stepTitle } from '../steps.js'
import { rollbackOptions } from '../rollback-options.js'
import { shownTime, type ReportInput } from './input.js'

/** The incident report of scenario 1, for the post-mortem: what happened when, who decided what, what is true now. */
export function renderIncident(input: ReportInput): string {
  const { view } = input
  return `${paragraphs(
    `# Incident: migration of ${prose(view.database.name)} in ${prose(view.environment)}`,
    summary(input),
    '## What is true now',
    migrationsNow(view),
    '## Timeline',
    timeline(input),
    '## Errors',
    errors(view),
    '## Decisions',
    decisions(input),
    '## Ways back',
    ways(input),
    '## Commands',
    commands(input),
    '## Next steps',
    nextSteps(view),
    '## For the post-mortem',
    ['What was the cause?', 'What told us, and how fast?', 'What would have told us before production?']
      .map((question) => `- [ ] ${question}`)
      .join('\n'),
  )}\n`
}

function summary({ view, timeZone }: ReportInput): string {
  return [
    `- Outcome: **${prose(view.outcome ?? `under way, ${view.phase}`)}**: ${prose(view.message)}`,
    `- Database: ${prose(view.database.name)} (${code(view.database.id)})${view.accountId === undefined ? '' : `, account ${prose(view.accountId)}`}`,
    `- Requested by: ${prose(view.requester)}`,
    `- Began: ${shownTime(view.startedAt, timeZone)}`,
    ...(view.closedAt === undefined ? [] : [`- Closed: ${shownTime(view.closedAt, timeZone)}`]),
    `- Plan: ${view.planHash === null ? 'none' : code(view.planHash)}`,
    `- Workflow: ${code(view.workflowId)}, run ${code(view.runId)}`,
  ].join('\n')
}

/** `applied`, `absent` and `partial` were read back from the database; nothing here is inferred. */
function migrationsNow({ migrations }: RunView): string {
  if (migrations.length === 0) return 'Nothing was planned yet, so nothing was applied.'
  return table(
    ['File', 'State'],
    migrations.map(({ name, state }) => [code(name), state]),
  )
}

interface Moment {
  at: string
  what: string
}

function timeline({ view, timeZone }: ReportInput): string {
  const moments: Moment[] = [
    ...view.steps.flatMap(({ step, state, startedAt, endedAt, detail }) => [
      ...(startedAt === undefined ? [] : [{ at: startedAt, what: `${prose(stepTitle(step))} began` }]),
      ...(endedAt === undefined
        ? []
        : [
            {
              at: endedAt,
              what: `${prose(stepTitle(step))}: ${state}${detail === undefined ? '' : `, ${prose(detail)}`}`,
            },
          ]),
    ]),
    ...view.gates.flatMap(({ gate, decisions: taken }) =>
      taken.map(({ at, actor, decision }) => ({ at, what: `${prose(actor)}: ${decision} ${code(gate)}` })),
    ),
    ...view.announcements.map(({ at, kind, text }) => ({
      at,
      what: `Told (${kind}): ${prose(text.split('\n')[0] ?? '')}`,
    })),
    ...view.issues.map(({ at, severity, description, actor }) => ({
      at,
      what: `${prose(actor)} reported (${prose(severity)}): ${prose(description)}`,
    })),
    ...view.observations.map(({ at, note, actor }) => ({
      at,
      what: `${prose(actor)} noted: ${prose(note)}`,
    })),
    ...(view.monitoring?.checkpoints ?? [])
      .filter(({ verdict }) => verdict !== 'healthy')
      .map(({ at, number, verdict, reasons }) => ({
        at,
        what: `Checkpoint ${number} ${verdict}: ${prose(reasonTexts(reasons).join('; '))}`,
      })),
  ]
  // Sorting is stable: what happened in the same moment stays in the order in which it is told here.
  moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  if (moments.length === 0) return 'Nothing had begun.'
  return table(
    ['When', 'What'],
    moments.map(({ at, what }) => [shownTime(at, timeZone), what]),
  )
}

function errors({ migrations, failure }: RunView): string {
  const failed = migrations.flatMap(({ name, error }) =>
    error === undefined ? [] : [`${code(name)}\n\n${codeBlock(error)}`],
  )
  const said =
    failure === null
      ? []
      : [
          `${code(failure.type)}: ${prose(failure.message)}`,
          failure.advice === '' ? '' : `Advice: ${prose(failure.advice)}`,
        ]
  return paragraphs(...said, ...failed) || 'None was recorded.'
}

function decisions({ view, timeZone }: ReportInput): string {
  const taken = view.gates.flatMap(({ gate, decisions: all }) =>
    all.map((one) => [
      code(gate),
      one.decision,
      prose(one.actor),
      shownTime(one.at, timeZone),
      prose([one.strategy ?? '', one.comment ?? ''].filter(Boolean).join(': ')),
    ]),
  )
  const refused = view.refused.map((one) => [
    code(one.gate),
    `${prose(one.decision)}, refused`,
    prose(one.actor),
    shownTime(one.at, timeZone),
    prose(one.reason),
  ])
  if (taken.length + refused.length === 0) return 'Nobody decided anything.'
  return table(['Gate', 'Decision', 'Who', 'When', 'Why'], [...taken, ...refused])
}

function ways({ view, plan }: ReportInput): string {
  return table(
    ['Way', 'Available', 'Price'],
    rollbackOptions({ environment: view.environment, plan, backup: view.backup }).map(
      ({ title, available, price }) => [title, available ? 'yes' : 'no', prose(price.join('; '))],
    ),
  )
}

function commands({ view, timeZone }: ReportInput): string {
  const ran = view.commands ?? []
  if (ran.length === 0)
    return `Every activity with its input and result is in the history of ${code(view.workflowId)}.`
  return table(
    ['Command', 'When', 'Result'],
    ran.map(({ command, at, result }) => [code(command), shownTime(at, timeZone), prose(result)]),
  )
}

/** The runbook's next steps of scenario 1, then what this run's state asks for. */
function nextSteps(view: RunView): string {
  const env = view.environment
  const partial = view.migrations.filter(({ state }) => state === 'partial')
  const left = view.migrations.filter(
    ({ state }) => state === 'absent' || state === 'not-executed' || state === 'pending',
  )
  return [
    'Contact database administrator',
    view.backup?.verified === true
      ? `Review backup options for restoration: ${code(view.backup.file)} is verified`
      : 'Review backup options for restoration: no verified backup of this run',
    'Prepare incident report: complete this one',
    ...partial.map(
      ({ name }) =>
        `Bring ${code(name)} to a known state: read ${code(`d1-runbook status --env ${env}`)} first`,
    ),
    ...(left.length === 0
      ? []
      : [
          `${left.map(({ name }) => code(name)).join(', ')} did not run; mend the cause, then a fresh ${code(`d1-runbook start --env ${env}`)}`,
        ]),
  ]
    .map((step, index) => `${index + 1}. ${step}`)
    .join('\n')
}
