import { compressedText } from '../monitoring/compressed.js'
import { looksText } from '../../text/looks.js'
import { plain } from '../../contract/command-line.js'
import type { GateView, MigrationResult, RunView } from '../../contract/run.js'
import { formatDuration } from '../../text/duration.js'
import { plannedMigrations } from '../migration-state.js'
import { gateCommands } from '../gate-commands.js'
import { requestOf } from '../people/provenance.js'
import { gateTitle } from '../steps.js'
import type { ReportDocument, Tone } from './document.js'
import { shownTime, type ReportInput } from './input.js'
import { baselineSection, criteriaSection, monitoringSection, timelineSection } from './section-course.js'
import { failedSection } from './section-failed.js'
import {
  backupSection,
  changesSection,
  findingsSection,
  migrationsSection,
  wayBackSection,
} from './section-database.js'
import {
  announcementsSection,
  approvalsSection,
  checksSection,
  commandsSection,
  lessonsSection,
} from './section-people.js'
import { words, type Words } from '../../contract/next-command.js'

/** What the report says, in the order in which a reader asks. */
export function buildReport(input: ReportInput): ReportDocument {
  const { view } = input
  return {
    title: `Migration of ${view.database.name} in ${view.environment}`,
    headline: headlineOf(view),
    figures: figuresOf(input),
    sections: [
      ...failedSection(input),
      migrationsSection(input),
      criteriaSection(input),
      monitoringSection(input),
      timelineSection(input),
      changesSection(input),
      findingsSection(input),
      wayBackSection(input),
      baselineSection(input),
      approvalsSection(input),
      backupSection(input),
      checksSection(input),
      commandsSection(input),
      announcementsSection(input),
      lessonsSection(input),
    ],
    madeFrom: `Workflow ${view.workflowId}, run ${view.runId}`,
  }
}

function headlineOf(view: RunView): ReportDocument['headline'] {
  const open = view.outcome === null ? view.gates.find(({ state }) => state === 'open') : undefined
  if (open?.gate === 'rollback') return decisionNeeded(view, open)
  const advice = view.failure?.advice
  return {
    tone: outcomeTone(view),
    word: outcomeWord(view),
    message: view.message,
    ...(open !== undefined || advice === undefined || advice === '' ? {} : { advice }),
    ...(open === undefined ? {} : { choices: howToDecide(view, open) }),
  }
}

/** The gate shows why it was opened, then each way with its price and its command. */
function decisionNeeded(view: RunView, { gate, shows }: GateView): ReportDocument['headline'] {
  const [issue = view.message, ...ways] = shows
  const keep = gateCommands(gate, view).map(({ label, command }) => words`${label}: ${command}`)
  return {
    tone: 'bad',
    word: 'Decide now: take it back or keep it',
    message: plain(issue),
    choices: [...ways, ...keep],
  }
}

function howToDecide(view: RunView, { gate }: GateView): Words[] {
  return gateCommands(gate, view).map(
    ({ label, command }) => words`${label} (${gateTitle(gate, view.environment)}): ${command}`,
  )
}

function outcomeWord(view: RunView): string {
  switch (view.outcome) {
    case 'completed':
      return 'Completed'
    case 'completed-unhealthy':
      return 'Applied, but not healthy'
    case 'failed':
      return 'Failed'
    case 'declined':
      return 'Declined'
    case 'aborted':
      return 'Aborted'
    case 'expired':
      return 'Expired'
    case 'rolled-back':
      return 'Rolled back'
    case 'drifted':
      return 'Stopped: the database had drifted'
    case null:
      return view.paused ? `Paused in ${view.phase}` : `Under way: ${view.phase}`
  }
}

function outcomeTone(view: RunView): Tone {
  switch (view.outcome) {
    case 'completed':
      return 'good'
    case 'completed-unhealthy':
    case 'failed':
    case 'drifted':
      return 'bad'
    case 'rolled-back':
    case 'declined':
    case 'aborted':
    case 'expired':
      return 'warn'
    case null:
      return view.phase === 'rollback' ? 'bad' : 'neutral'
  }
}

function figuresOf({ view, timeZone, asOf }: ReportInput): ReportDocument['figures'] {
  const tookMs =
    view.closedAt === undefined ? undefined : Date.parse(view.closedAt) - Date.parse(view.startedAt)
  const where = view.database.remote ? `account ${view.accountId ?? 'unknown'}` : 'on this machine'
  return [
    { label: 'Database', value: `${view.database.name}, ${where}` },
    { label: 'Database ID', value: { code: view.database.id } },
    { label: 'Environment', value: view.environment },
    requestOf(view),
    {
      label: foundApplied(view) ? 'Migrations found applied' : 'Migrations applied',
      value: appliedText(view),
    },
    { label: 'Monitoring', value: monitoringText(view) },
    { label: 'Started', value: shownTime(view.startedAt, timeZone) },
    { label: 'Closed', value: view.closedAt === undefined ? 'not yet' : shownTime(view.closedAt, timeZone) },
    ...(view.outcome === null && asOf !== undefined
      ? [{ label: 'As of', value: shownTime(asOf, timeZone) }]
      : []),
    { label: 'Duration', value: tookMs === undefined ? 'under way' : formatDuration(tookMs) },
    {
      label: 'Plan',
      value:
        view.planHash === null
          ? view.outcome === null
            ? 'none yet'
            : 'none was made'
          : { code: view.planHash },
    },
  ]
}

/** The lost run applied them; this one ran nothing. */
function foundApplied({ migrations }: RunView): boolean {
  return migrations.some(({ byLostRun }) => byLostRun === true)
}

function appliedText(view: RunView): string {
  const planned = plannedMigrations(view)
  const count = (asked: MigrationResult['state']): number =>
    planned.filter(({ state }) => state === asked).length
  const undone = count('taken-back')
  const text = `${count('applied')} of ${planned.length}`
  // An earlier version kept of a rollback only its outcome.
  if (view.outcome === 'rolled-back' && undone === 0) return 'none: they were taken back'
  return undone === 0 ? text : `${text}, ${undone} taken back`
}

function monitoringText({ monitoring, timeZone, ...rest }: RunView): string {
  if (monitoring === null) return 'not begun'
  const compressed = compressedText(rest)
  const said = compressed === undefined ? '' : `; ${compressed}`
  return `${looksText(monitoring, timeZone)}${said}`
}
