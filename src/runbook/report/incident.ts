import { phrases } from '../../text/phrases.js'
import type { MigrationResult, RunView } from '../../contract/run.js'
import { defined } from '../../contract/defined.js'
import { reasonTexts } from '../../contract/reasons.js'
import { code, codeBlock, paragraphs, prose, table } from '../../text/markdown.js'
import { commandLine, plain } from '../../contract/command-line.js'
import { markdownWords } from '../../text/words.js'
import { stepTitle } from '../steps.js'
import {
  inLedger,
  isUnproven,
  ledgerText,
  migrationState,
  safetyCopyText,
  stateHeads,
} from '../migration-state.js'
import { waysOf } from '../rollback-options.js'
import { shownTime, type ReportInput } from './input.js'
import { at, command, type NextCommand } from '../../contract/next-command.js'

/** The incident report of scenario 1, for the post-mortem: what happened when, who decided what, what is true now. */
export function renderIncident(input: ReportInput): string {
  const { view } = input
  return `${paragraphs(
    `# Incident: migration of ${prose(view.database.name)} in ${prose(view.environment)}`,
    summary(input),
    '## What is true now',
    migrationsNow(input),
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

/** What this run did and what the ledger holds stand apart: after a rollback they differ. Nothing here is inferred. */
function migrationsNow({ view, timeZone }: ReportInput): string {
  const { migrations, ledger } = view
  if (migrations.length === 0) return 'Nothing was planned yet, so nothing was applied.'
  const said = ledgerText(view)
  return paragraphs(
    said === undefined
      ? migrations.some(({ state }) => state === 'taken-back') &&
          'The ledger was not read again after the rollback.'
      : `Read back ${shownTime(ledger?.readAt, timeZone)}: ${prose(said)}.`,
    table(
      ['File', ...stateHeads(view)],
      migrations.map((one) => [
        code(one.name),
        prose(migrationState(one, migrations)),
        ...inLedger(one.name, view),
      ]),
    ),
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
    ...view.gates.flatMap(({ gate, decisions: taken, earlier = [] }) =>
      [...earlier, ...taken].map(({ at, actor, decision, strategy }) => ({
        at,
        what: `${prose(actor)}: ${decision} ${code(gate)}${strategy === undefined ? '' : `, ${strategy}`}`,
      })),
    ),
    ...(view.rollbackTries ?? []).map(({ at, strategy, number, error, effect }) => ({
      at,
      what: `${strategy}, try ${number} failed: ${prose(error)}; ${effect === 'none' ? 'nothing had taken effect' : 'what it did was not known'}`,
    })),
    ...view.announcements.map(({ at, kind, text }) => ({
      at,
      what: `Told (${kind}): ${prose(plain(text).split('\n')[0] ?? '')}`,
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
          failure.advice === '' ? '' : `Advice: ${markdownWords(failure.advice)}`,
        ]
  return paragraphs(...said, ...failed) || 'None was recorded.'
}

function decisions({ view, timeZone }: ReportInput): string {
  const taken = view.gates.flatMap(({ gate, decisions: now, earlier = [] }) =>
    [...earlier, ...now].map((one) => [
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

function ways({ view, plan, timeZone }: ReportInput): string {
  const replaced = view.safetyCopy === undefined ? '' : prose(safetyCopyText(view.safetyCopy))
  return paragraphs(replaced, waysTable({ view, plan, ...defined({ timeZone }) }))
}

function waysTable({ view, plan, timeZone }: Pick<ReportInput, 'view' | 'plan' | 'timeZone'>): string {
  return table(
    ['Way', 'Available', 'Price'],
    waysOf({ view, plan, timeZone }).map(({ title, available, price }) => [
      title,
      available ? 'yes' : 'no',
      prose(phrases(price)),
    ]),
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
  const typed = (next: NextCommand): string => code(commandLine(at({ environment: view.environment }, next)))
  const partial = view.migrations.filter(({ state }) => isUnproven(state))
  const left = view.migrations.filter(
    ({ state }) => state === 'absent' || state === 'not-executed' || state === 'pending',
  )
  const undone = view.migrations.filter(({ state }) => state === 'taken-back')
  const again = undone.filter(({ takenBackBy }) => takenBackBy?.strategy !== 'reverse-migration')
  const reversed = undone.filter(({ takenBackBy }) => takenBackBy?.strategy === 'reverse-migration')
  return [
    'Contact database administrator',
    view.backup?.verified === true
      ? `Review backup options for restoration: ${code(view.backup.file)} is verified`
      : 'Review backup options for restoration: no verified backup of this run',
    'Prepare incident report: complete this one',
    ...partial.map(
      ({ name }) => `Bring ${code(name)} to a known state: read ${typed(command('status'))} first`,
    ),
    ...(reversed.length === 0
      ? []
      : [
          `${namesOf(reversed)} stay in the ledger, so they never run again: what is still wanted needs a new file`,
        ]),
    ...(again.length === 0
      ? []
      : [
          `${namesOf(again)} are out of the ledger, so the next run would apply them again: mend or remove them first`,
        ]),
    ...(left.length === 0
      ? []
      : [`${namesOf(left)} did not run; mend the cause, then a fresh ${typed(command('start'))}`]),
  ]
    .map((step, index) => `${index + 1}. ${step}`)
    .join('\n')
}

function namesOf(migrations: readonly MigrationResult[]): string {
  return migrations.map(({ name }) => code(name)).join(', ')
}
