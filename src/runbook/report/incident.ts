import { saidIn } from '../../contract/own-name.js'
import { phrases } from '../../text/phrases.js'
import { afterRollbackLines } from '../after-rollback.js'
import type { MigrationResult, RunView, StepView } from '../../contract/run.js'
import { defined } from '../../contract/defined.js'
import type { Since } from '../../contract/rollback.js'
import { reasonTexts } from '../../contract/reasons.js'
import { code, codeBlock, paragraphs, prose, table } from '../../text/markdown.js'
import { commandLine, plain } from '../../contract/command-line.js'
import { markdownWords } from '../../text/words.js'
import { beyondLines } from '../beyond.js'
import { refusedActor, refusedAlike, refusedWhen } from '../refused.js'
import { proofText, requestLine } from '../people/provenance.js'
import { stepTitle } from '../steps.js'
import {
  inLedger,
  isUnproven,
  ledgerText,
  migrationState,
  safetyCopyText,
  stateHeads,
} from '../migration-state.js'
import { lostBy, waysOf } from '../rollback-options.js'
import { shownTime, type ReportInput } from './input.js'
import { asked, whenOffered } from './section-database.js'
import { at, command, placeOf, type NextCommand } from '../../contract/next-command.js'

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
  const { rollback, backup } = view
  const lost = rollback === undefined ? '' : phrases(lostBy(rollback, backup, timeZone))
  return [
    `- Outcome: **${prose(view.outcome ?? `under way, ${view.phase}`)}**: ${prose(view.message)}`,
    `- Database: ${prose(view.database.name)} (${code(view.database.id)})${view.accountId === undefined ? '' : `, account ${prose(view.accountId)}`}`,
    `- ${prose(requestLine(view))}`,
    `- Began: ${shownTime(view.startedAt, timeZone)}`,
    ...(view.closedAt === undefined ? [] : [`- Closed: ${shownTime(view.closedAt, timeZone)}`]),
    ...(lost === '' ? [] : [`- Lost by the way back: ${prose(lost)}`]),
    `- Plan: ${view.planHash === null ? 'none' : code(view.planHash)}`,
    `- Workflow: ${code(view.workflowId)}, run ${code(view.runId)}`,
  ].join('\n')
}

/** What this run did and what the ledger holds stand apart: after a rollback they differ. Nothing here is inferred. */
function migrationsNow({ view, timeZone }: ReportInput): string {
  const { migrations, ledger } = view
  if (migrations.length === 0) return 'Nothing was planned, so nothing was applied.'
  const said = ledgerText(view)
  const seen = afterRollbackLines(view, timeZone)
  return paragraphs(
    said === undefined
      ? migrations.some(({ state }) => state === 'taken-back') &&
          'The ledger was not read again after the rollback.'
      : `Read back ${shownTime(ledger?.readAt, timeZone)}: ${prose(said)}.`,
    seen.length > 0 && seen.map((line) => `${prose(line)}.`).join(' '),
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
  /** Of the same moment, what comes first: an end, then what people decided upon it, then what begins. Default: last. */
  order?: number
}

const FILE_ENDED = 0
const STEP_ENDED = 1
const DECIDED = 2
const STEP_BEGAN = 3
const FILE_BEGAN = 4
const OTHER = 5

/** Each file as it was applied, also one that was taken back later. */
function fileMoments({ name, begunAt, endedAt, state, error }: MigrationResult): Moment[] {
  const well = error === undefined && (state === 'applied' || state === 'taken-back')
  const end = well ? 'applied' : `failed${error === undefined ? '' : `: ${prose(error)}`}`
  return [
    ...(begunAt === undefined
      ? []
      : [{ at: begunAt, what: `${code(name)}: its apply began`, order: FILE_BEGAN }]),
    ...(endedAt === undefined ? [] : [{ at: endedAt, what: `${code(name)}: ${end}`, order: FILE_ENDED }]),
  ]
}

function stepMoments({ step, state, startedAt, endedAt, detail }: StepView): Moment[] {
  const title = prose(stepTitle(step))
  const said = detail === undefined ? '' : `, ${prose(detail)}`
  // One that took no time ends behind its beginning, not in front of it.
  const began = startedAt === endedAt ? STEP_ENDED : STEP_BEGAN
  return [
    ...(startedAt === undefined ? [] : [{ at: startedAt, what: `${title} began`, order: began }]),
    ...(endedAt === undefined ? [] : [{ at: endedAt, what: `${title}: ${state}${said}`, order: STEP_ENDED }]),
  ]
}

function timeline({ view, timeZone }: ReportInput): string {
  const moments: Moment[] = [
    ...view.migrations.flatMap(fileMoments),
    ...view.steps.flatMap(stepMoments),
    ...(view.waits ?? []).flatMap(({ for: what, since, until }) => [
      { at: since, what: prose(what) },
      ...(until === undefined ? [] : [{ at: until, what: `Over: ${prose(what)}`, order: STEP_ENDED }]),
    ]),
    ...view.gates.flatMap(({ gate, escalated = [] }) =>
      escalated.map(({ at, to, channels }) => ({
        at,
        what: `${code(gate)} waited, and was told to ${prose(to.join(', '))}${channels.length === 0 ? '' : ` by ${prose(channels.join(', '))}`}`,
      })),
    ),
    ...view.gates.flatMap(({ gate, decisions: taken, earlier = [] }) =>
      [...earlier, ...taken].map(({ at, actor, decision, strategy }) => ({
        at,
        what: `${prose(actor)}: ${decision} ${code(gate)}${strategy === undefined ? '' : `, ${strategy}`}`,
        order: DECIDED,
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
    ...view.issues.map(({ at, severity, description, ...who }) => ({
      at,
      what: `${prose(saidIn(who))} reported (${prose(severity)}): ${prose(description)}`,
    })),
    ...view.observations.map(({ at, note, ...who }) => ({
      at,
      what: `${prose(saidIn(who))} noted: ${prose(note)}`,
    })),
    ...(view.monitoring?.checkpoints ?? [])
      .filter(({ verdict }) => verdict !== 'healthy')
      .map(({ at, number, verdict, reasons }) => ({
        at,
        what: `Checkpoint ${number} ${verdict}: ${prose(reasonTexts(reasons).join('; '))}`,
      })),
  ]
  // Sorting is stable: what else happened in the same moment stays in the order in which it is told here.
  moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || (a.order ?? OTHER) - (b.order ?? OTHER))
  if (moments.length === 0) return 'Nothing had begun.'
  return paragraphs(
    table(
      ['When', 'What'],
      moments.map(({ at, what }) => [shownTime(at, timeZone), what]),
    ),
    ...beyondLines(view.issuesBeyond).map((line) => prose(`Issues: ${line}`)),
    ...beyondLines(view.observationsBeyond).map((line) => prose(`Observations: ${line}`)),
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
      prose(proofText(one)),
    ]),
  )
  const refused = refusedAlike(view.refused).map((one) => [
    code(one.gate),
    `${prose(one.decision)}, refused`,
    prose(refusedActor(one)),
    refusedWhen(one, (at) => shownTime(at, timeZone)),
    prose(one.reason),
    '-',
  ])
  if (taken.length + refused.length === 0) return 'Nobody decided anything.'
  return paragraphs(
    table(['Gate', 'Decision', 'Who', 'When', 'Why', 'Proof'], [...taken, ...refused]),
    ...beyondLines(view.refusedBeyond).map(prose),
  )
}

function ways({ view, plan, timeZone }: ReportInput): string {
  const replaced = view.safetyCopy === undefined ? '' : prose(safetyCopyText(view.safetyCopy, timeZone))
  const offered = asked(view) ? '' : prose(whenOffered(view))
  return paragraphs(replaced, offered, waysTable({ view, plan, ...defined({ timeZone }) }))
}

function waysTable({ view, plan, timeZone }: Pick<ReportInput, 'view' | 'plan' | 'timeZone'>): string {
  return table(
    ['Way', 'Available', 'Price'],
    waysOf({ view, plan, timeZone }).map(({ strategy, title, available, price }) => [
      title,
      view.rollback?.strategy === strategy ? 'yes, and taken' : available ? 'yes' : 'no',
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
  const typed = (next: NextCommand): string => code(commandLine(at(placeOf(view), next)))
  const partial = view.migrations.filter(({ state }) => isUnproven(state))
  const left = view.migrations.filter(
    ({ state }) => state === 'absent' || state === 'not-executed' || state === 'pending',
  )
  const undone = view.migrations.filter(({ state }) => state === 'taken-back')
  const { ledger } = view
  const held = undone.filter(({ name }) => ledger?.applied.includes(name) === true)
  const gone = undone.filter(({ name }) => ledger?.applied.includes(name) === false)
  return [
    'Contact database administrator',
    restoration(view),
    'Prepare incident report: complete this one',
    ...partial.map(
      ({ name }) => `Bring ${code(name)} to a known state: read ${typed(command('status'))} first`,
    ),
    ...(held.length === 0
      ? []
      : [
          `${namesOf(held)} ${oneOr(held, 'was taken back, and is', 'were taken back, and are')} in the ledger all the same, so this database runs ${oneOr(held, 'it', 'them')} no more: what is still wanted needs a new file`,
        ]),
    ...(gone.length === 0
      ? []
      : [
          `${namesOf(gone)} ${oneOr(gone, 'is', 'are')} out of the ledger, so the next run would apply ${oneOr(gone, 'it', 'them')} again: mend or remove ${oneOr(gone, 'it', 'them')} first`,
        ]),
    ...(undone.length === 0 || ledger !== undefined
      ? []
      : [
          `${namesOf(undone)} ${oneOr(undone, 'was', 'were')} taken back, and the ledger was not read since: ${typed(command('status'))} says whether ${oneOr(undone, 'it', 'they')} would run again`,
        ]),
    ...(left.length === 0
      ? []
      : [`${namesOf(left)} did not run; mend the cause, then a fresh ${typed(command('start'))}`]),
  ]
    .map((step, index) => `${index + 1}. ${step}`)
    .join('\n')
}

/** A way back that was taken need not give all back, nor make the application well: only what was read back says so. */
function restoration({ outcome, backup, rollback, migrations, adopted = [], notProven }: RunView): string {
  const verified = backup?.verified === true ? code(backup.file) : undefined
  if (outcome === 'rolled-back') {
    const of = verified === undefined ? '' : `. The verified backup of before it: ${verified}`
    return gaveAllBack(rollback?.compared)
      ? `Nothing needs to be restored for the migration: it was taken back, and every value was read back as the archive holds it${of}`
      : `The migration was taken back; whether something is still to be restored is not proven: see what was lost, and how the database differs from the archive${of}`
  }
  const untouched = migrations.every(({ state }) => state === 'pending' || state === 'not-executed')
  if (outcome !== null && untouched && adopted.length === 0 && notProven === undefined)
    return 'This run tried no file, so nothing of its doing needs to be restored'
  return `Review backup options for restoration: ${verified === undefined ? 'no verified backup of this run' : `${verified} was verified when it was made`}`
}

/** Every row and value was compared, and none is otherwise. */
function gaveAllBack(compared: Since | undefined): boolean {
  if (compared === undefined || 'unknown' in compared) return false
  const { by, tables, objects, moved = [] } = compared
  return (by === 'rows' || by === 'sums') && tables.length + objects.length + moved.length === 0
}

function oneOr(list: readonly unknown[], one: string, many: string): string {
  return list.length === 1 ? one : many
}

function namesOf(migrations: readonly MigrationResult[]): string {
  return migrations.map(({ name }) => code(name)).join(', ')
}
