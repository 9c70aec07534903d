import { phrases } from '../text/phrases.js'
import type { Contact } from '../contract/announcement.js'
import type { Gate } from '../contract/names.js'
import type { RollbackOption } from '../contract/rollback.js'
import { calendarDay, clockTime, timeToldAt, zonedTime, zoneName } from '../text/clock.js'
import { durationInWords, formatDuration } from '../text/duration.js'
import { LINE_BREAKS, oneLine } from '../text/one-line.js'
import type { PlanView } from '../contract/plan-view.js'
import { gateCommands } from './gate-commands.js'
import { planRows } from './plan-blocks.js'
import { gateTitle } from './steps.js'
import { whoLines } from './who-decides.js'
import { inRealTime } from './monitoring/compressed.js'
import type { GateView, GateWho, RunView } from '../contract/run.js'
import { proofText } from './people/provenance.js'
import { joined, linesOf, mapText, words, type Words } from '../contract/next-command.js'

/** The runbook's pace of updates. Milliseconds. */
const UPDATE_EVERY_MS = 15 * 60_000

/** Of each piece of SQL: a channel is for reading, the whole is in `show`, the Temporal UI and the report. */
const MESSAGE_CODE_ROWS = 8

/** Which database a message is about: stands in a line of its own, so that the runbook's lines stay word for word. */
export interface MessageContext {
  environment: string
  database: { name: string; id: string; remote: boolean }
  /** Cloudflare account; absent for a local database. */
  accountId?: string | undefined
  /** Absent: it is, in the runbook's words. */
  production?: boolean
}

export type UpdateStatus = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'

/**
 * "Start of Migration". Times are epoch milliseconds. Dates show only where the window is not on one day, or not on the
 * day of the message (`at`).
 */
export function startMessage(
  input: MessageContext & {
    /** Absent: none is configured. */
    window?: { opensAt: number; closesAt: number } | undefined
    at?: number
    timeZone: string
    pending: number
    expectedMs: number
    updateEveryMs?: number
  },
): Words {
  return lines(
    `🚀 ${migrationTitle(input)} Starting`,
    `- Window: ${input.window === undefined ? 'none is configured' : windowText({ ...input, ...input.window })}`,
    `- Migrations: ${input.pending} pending`,
    `- Expected duration: ${formatDuration(input.expectedMs)}, as the runbook plans its steps`,
    `- Status updates every ${durationInWords(input.updateEveryMs ?? UPDATE_EVERY_MS)}`,
    contextLine(input),
  )
}

/** "During Migration". */
export function updateMessage(
  input: MessageContext & {
    at: number
    timeZone: string
    status: UpdateStatus
    step: string
    updateEveryMs?: number
    /** Planned and elapsed time of a step that takes longer than the runbook plans. */
    overdue?: { plannedMs: number; elapsedMs: number }
  },
): Words {
  return lines(
    `⏱️ Migration Update (${zonedTime(input.at, input.timeZone)})`,
    `- Status: ${input.status}`,
    `- Current step: ${oneLine(input.step)}`,
    input.status === 'IN_PROGRESS' &&
      `- Next update in ${durationInWords(input.updateEveryMs ?? UPDATE_EVERY_MS)}`,
    input.overdue !== undefined &&
      `- Overdue: ${formatDuration(input.overdue.elapsedMs)} so far, the runbook plans ${formatDuration(input.overdue.plannedMs)}`,
    contextLine(input),
  )
}

/** "Migration Complete". `status`: what was looked at; `monitoringMs`: how long checkpoints follow, 0 where none do. */
export function completeMessage(
  input: MessageContext & {
    /** Absent where a run did the work that was lost: this one found it applied. */
    durationMs?: number
    applied: number
    status: string
    monitoringMs: number
    /** Where the monitoring is not in real time. */
    compressed?: NonNullable<RunView['compressed']>
    /** Major and critical ones that were reported on the way. */
    issues?: readonly string[]
  },
): Words {
  return lines(
    `✅ ${migrationTitle(input)} Complete`,
    ...(input.durationMs === undefined
      ? [`- Migrations found applied, by a run that was lost: ${input.applied}`]
      : [`- Duration: ${formatDuration(input.durationMs)}`, `- Migrations applied: ${input.applied}`]),
    `- Status: ${oneLine(input.status)}`,
    input.monitoringMs > 0
      ? `- Monitoring continues for ${durationInWords(input.monitoringMs)}${inRealTime(input)}`
      : '- Monitoring: none is configured',
    ...(input.issues ?? []).map((issue) => `- Issue: ${oneLine(issue)}`),
    contextLine(input),
  )
}

/** "Emergency Alert", with the runbook's emergency contacts and the ways back below it. */
export function emergencyMessage(
  input: MessageContext & {
    issue: string
    impact: string
    action: Words
    at: number
    /** Absent: the run ends with it. */
    etaAt?: number
    timeZone: string
    contacts: readonly Contact[]
    rollbackOptions?: readonly RollbackOption[]
  },
): Words {
  return lines(
    '🚨 Migration Issue Detected',
    `- Issue: ${oneLine(input.issue)}`,
    `- Impact: ${oneLine(input.impact)}`,
    words`- Action: ${onOneLine(input.action)}`,
    input.etaAt !== undefined &&
      `- ETA for update: ${timeToldAt(input.at, { at: input.etaAt, timeZone: input.timeZone })}`,
    contextLine(input),
    ...input.contacts.map(
      ({ role, name, contact }) => `- ${oneLine(role)}: ${oneLine(name)}, ${oneLine(contact)}`,
    ),
    ...(input.rollbackOptions ?? [])
      .filter(({ available }) => available)
      .map(({ title, price, command }) => words`- Way back: ${title}. Price: ${phrases(price)}. ${command}`),
  )
}

/** A gate opened: what is asked, of whom, and the command to type. */
export function gateOpenMessage(
  input: MessageContext & {
    gate: Gate
    at: number
    timeZone: string
    planHash?: string | null
    who: GateWho
    expiresAt?: number
    /** That an agent proposed the run. */
    proposal?: readonly string[]
    /** Who is reached first, and who next. */
    chain?: readonly string[]
    /** What is being confirmed, as lines for people; of a plan, as a value. */
    shows?: readonly Words[]
    plan?: PlanView
  },
): Words {
  return lines(
    `🔔 Approval needed: ${gateTitle(input.gate, input.environment)}`,
    ...gateCommands(input.gate, input).map(({ label, command }) => words`- ${label}: ${command}`),
    ...whoLines(input.who).map((line) => `- ${oneLine(line)}`),
    ...(input.chain ?? []).map((line) => `- ${oneLine(line)}`),
    ...(input.proposal ?? []).map((line) => `- ${oneLine(line)}`),
    typeof input.planHash === 'string' && `- Plan: ${input.planHash}`,
    input.expiresAt !== undefined && expiryLine(input.expiresAt, input),
    contextLine(input),
    ...(input.plan === undefined
      ? notToldYet(input).map((line) => words`- ${onOneLine(line)}`)
      : planRows(input.plan, { codeRows: MESSAGE_CODE_ROWS })),
  )
}

/** A gate is not asked for any more: it is decided, it expired, or the run ended. */
export function gateClosedMessage(
  input: MessageContext & Pick<GateView, 'gate' | 'state' | 'decisions'> & { timeZone: string },
): Words {
  const [icon, said] = CLOSED[input.state]
  return lines(
    `${icon} ${said}: ${gateTitle(input.gate, input.environment)}`,
    ...input.decisions.map(
      ({ actor, decision, strategy, at, ...proof }) =>
        `- ${oneLine(actor)} ${decision === 'approve' ? 'approved' : 'declined'}${strategy === undefined ? '' : `: ${strategy}`}, ${zonedTime(Date.parse(at), input.timeZone)} (${proofText(proof)})`,
    ),
    contextLine(input),
  )
}

/** One that waits again was asked about what is not true any more; one that is open was left so by a run that ended. */
const CLOSED: Record<GateView['state'], readonly [icon: string, said: string]> = {
  approved: ['✅', 'Approved'],
  rejected: ['✋', 'Declined'],
  expired: ['⌛', 'Expired'],
  skipped: ['✅', 'Opened by the policy'],
  waiting: ['ℹ️', 'Not asked any more'],
  open: ['ℹ️', 'Not asked any more, the run ends'],
}

/** A gate still waits. `escalated`: roles that are told now because the deadline is near. */
export function reminderMessage(
  input: MessageContext & {
    gate: Gate
    at: number
    openedAt: number
    timeZone: string
    who: GateWho
    expiresAt?: number
    proposal?: readonly string[]
    escalated?: readonly string[]
    /** Who is reached now, and who next. */
    chain?: readonly string[]
    /** What must be seen again to decide; of a rollback, the ways back. */
    shows?: readonly Words[]
  },
): Words {
  return lines(
    `⏰ Still waiting: ${gateTitle(input.gate, input.environment)}`,
    `- Open since ${timeToldAt(input.at, { at: input.openedAt, timeZone: input.timeZone })} (${formatDuration(input.at - input.openedAt)})`,
    `- Approvals missing: ${input.who.missing}`,
    ...whoLines(input.who).map((line) => `- ${oneLine(line)}`),
    ...(input.proposal ?? []).map((line) => `- ${oneLine(line)}`),
    input.expiresAt !== undefined && expiryLine(input.expiresAt, input),
    input.escalated !== undefined &&
      input.escalated.length > 0 &&
      `- Now asking: ${input.escalated.map(oneLine).join(', ')}`,
    ...(input.chain ?? []).map((line) => `- ${oneLine(line)}`),
    ...gateCommands(input.gate, input)
      .slice(0, 1)
      .map(({ label, command }) => words`- ${label}: ${command}`),
    ...(input.shows ?? []).map((line) => words`- ${onOneLine(line)}`),
    contextLine(input),
  )
}

/** Anything else that people must know: voided approvals, a pause, lost sight in monitoring, the end of a rollback. */
export function noteMessage(
  input: MessageContext & { title: string; details: readonly Words[]; icon?: string },
): Words {
  return lines(
    `${input.icon ?? 'ℹ️'} ${oneLine(input.title)}`,
    ...input.details.map((detail) => words`- ${onOneLine(detail)}`),
    contextLine(input),
  )
}

/** What stands at the head of a thread of messages: the title of the newest one, and what the thread began with. `at`: epoch milliseconds. */
export function threadHead(input: {
  newest: Words
  first: Words
  count: number
  at: number
  timeZone: string
}): Words {
  const [title = ''] = linesOf(input.newest)
  return lines(
    title,
    `- Newest of ${input.count} messages of this run, ${zonedTime(input.at, input.timeZone)}; all stand in this thread`,
    words`- It began with: ${input.first}`,
  )
}

/** The runbook's words are for production; a rehearsal elsewhere must not read like one. */
function migrationTitle({ production = true, environment }: MessageContext): string {
  return production ? 'Production Migration' : `Migration (${oneLine(environment)})`
}

/** Name, UUID, account and environment: which database it is about must never be a guess. */
export function contextLine({ environment, database, accountId }: MessageContext): string {
  const where = database.remote ? `account ${accountId ?? 'unknown'}` : 'on this machine'
  return `- Database: ${oneLine(database.name)} (${oneLine(database.id)}), ${where}, environment ${oneLine(environment)}`
}

/** Which database it is stands in a line of its own, and so does who proposed the run. */
function notToldYet({
  database,
  proposal = [],
  shows = [],
}: MessageContext & { proposal?: readonly string[]; shows?: readonly Words[] }): Words[] {
  const named = `Database: ${database.name} (${database.id})`
  return shows.filter(
    (line) => typeof line !== 'string' || !(line.startsWith(named) || proposal.includes(line)),
  )
}

function expiryLine(expiresAt: number, { at, timeZone }: { at: number; timeZone: string }): string {
  return `- Expires: ${timeToldAt(at, { at: expiresAt, timeZone })}; silence is not an approval`
}

function windowText(input: { opensAt: number; closesAt: number; at?: number; timeZone: string }): string {
  const { opensAt, closesAt, timeZone } = input
  const [opens, closes] = [clockTime(opensAt, timeZone), clockTime(closesAt, timeZone)]
  const [firstDay, lastDay] = [calendarDay(opensAt, timeZone), calendarDay(closesAt, timeZone)]
  const today = input.at === undefined ? firstDay : calendarDay(input.at, timeZone)
  const [firstZone, lastZone] = [zoneName(opensAt, timeZone), zoneName(closesAt, timeZone)]
  const from = [firstDay !== today || lastDay !== firstDay ? firstDay : '', opens].filter(Boolean).join(' ')
  const to = [lastDay !== firstDay ? lastDay : '', closes].filter(Boolean).join(' ')
  // Over a change to or from summer time, one abbreviation would be wrong for one of the two.
  return firstZone === lastZone ? `${from} - ${to} ${lastZone}` : `${from} ${firstZone} - ${to} ${lastZone}`
}

function onOneLine(text: Words): Words {
  return typeof text === 'string' ? oneLine(text) : mapText(text, (plain) => plain.replace(LINE_BREAKS, ' '))
}

function lines(...parts: (Words | false)[]): Words {
  const said = parts.filter((part) => part !== false)
  return joined(...said.flatMap((part, index) => (index === 0 ? [part] : ['\n', part])))
}
