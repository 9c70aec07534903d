import type { RunView, StepView } from '../contract/run.js'
import { zonedDateTime } from '../text/clock.js'
import { formatDuration } from '../text/duration.js'
import { looksOf, onDemandText, verdictsText } from '../text/looks.js'
import { plural } from '../text/plural.js'
import { code, paragraphs, prose } from '../text/markdown.js'
import { migrationState } from './migration-state.js'
import { commandLine } from '../contract/command-line.js'
import { planMarkdown } from './plan-markdown.js'
import { markdownWords } from '../text/words.js'
import { gateCommands } from './gate-commands.js'
import { whoLines } from './who-decides.js'
import { stepTimes } from './step-times.js'
import { gateWord, stepWord } from './standing.js'
import { gateTitle, RUNBOOK_STEPS, stepTitle } from './steps.js'

/** Signs instead of `[x]`, and no list inside a list: Temporal's UI renders neither of them. */
const STEP_MARKS: Record<StepView['state'], string> = {
  waiting: '- ⬜',
  running: '- ▶️',
  done: '- ✅',
  failed: '- ❌',
  stopped: '- ⏹️',
  skipped: '- ⏭️',
}

/**
 * The runbook's checklist with ticks, for Temporal's current details and for `show`. A pure function of the view: it is
 * rendered in workflow code.
 */
export function renderChecklist(view: RunView, options: { timeZone?: string } = {}): string {
  const timeZone = options.timeZone ?? 'UTC'
  return paragraphs(
    `**${prose(view.environment)}**: ${prose(view.database.name)} (${code(view.database.id)})`,
    headline(view),
    nextAction(view, timeZone),
    '**Runbook**',
    [...knownSteps(view), ...extraSteps(view)].join('\n'),
    monitoringLine(view, timeZone),
  )
}

function headline(view: RunView): string {
  const state = view.outcome ?? (view.paused ? 'paused' : view.phase)
  return `${prose(state)}: ${prose(view.message)}`
}

/** The gate that waits now, with the command to type. */
function nextAction(view: RunView, timeZone: string): string {
  if (view.outcome !== null) return ''
  return view.gates
    .filter(({ state }) => state === 'open')
    .map(({ gate, shows, plan, expiresAt, who }) =>
      paragraphs(
        `👉 **${prose(gateTitle(gate, view.environment))}**`,
        [
          ...gateCommands(gate, view).map(
            ({ label, command }) => `- ${label}: ${code(commandLine(command))}`,
          ),
          ...(who === undefined ? [] : whoLines(who).map((line) => `- ${prose(line)}`)),
          ...(expiresAt === undefined
            ? []
            : [`- Expires ${zonedDateTime(Date.parse(expiresAt), timeZone)}; silence is not an approval`]),
          ...(plan === undefined ? shows.map((line) => `- ${markdownWords(line)}`) : []),
        ].join('\n'),
        plan !== undefined && planMarkdown(plan),
      ),
    )
    .join('\n\n')
}

/** Rollback shows only when something went wrong. */
function knownSteps(view: RunView): string[] {
  return RUNBOOK_STEPS.flatMap(({ step, gates, plannedMs }) => {
    const found = view.steps.find((one) => one.step === step)
    if (step === 'rollback' && found === undefined) return []
    const state = found ?? { step, state: 'waiting' as const }
    return [
      stepLine(state, plannedMs, view),
      ...gates.flatMap((gate) => gateLine(view, gate)),
      ...migrationLines(view, step),
    ]
  })
}

function extraSteps(view: RunView): string[] {
  return view.steps
    .filter(({ step }) => !RUNBOOK_STEPS.some((known) => known.step === step))
    .map((step) => stepLine(step, undefined, view))
}

function stepLine(step: StepView, plannedMs: number | undefined, view: RunView): string {
  const word = stepWord(step, view)
  const reached = word === step.state ? '' : `, ${word}`
  const took = stepTimes(step)?.workMs
  const times = [
    took === undefined ? '' : formatDuration(took),
    plannedMs === undefined ? '' : `planned ${formatDuration(plannedMs)}`,
  ].filter(Boolean)
  const note = times.length === 0 ? '' : ` (${times.join(', ')})`
  const detail = step.detail === undefined || step.detail === '' ? '' : `: ${prose(step.detail)}`
  return `${STEP_MARKS[step.state]} ${prose(stepTitle(step.step))}${note}${reached}${detail}`
}

function gateLine(view: RunView, name: string): string[] {
  const gate = view.gates.find((one) => one.gate === name)
  if (gate === undefined) return []
  const who = gate.decisions.map(
    ({ actor, decision }) => `${prose(actor)} ${decision === 'approve' ? 'approved' : 'declined'}`,
  )
  const by = who.length === 0 ? '' : `: ${who.join(', ')}`
  const ticked = gate.state === 'approved' || gate.state === 'skipped'
  return [
    `- ↳ ${ticked ? '✅' : '⬜'} ${prose(gateTitle(gate.gate, view.environment))} (${gateWord(gate, view)})${by}`,
  ]
}

function migrationLines(view: RunView, step: string): string[] {
  if (step !== 'execute') return []
  return view.migrations.map((one) => {
    const { name, state, durationMs } = one
    const took = durationMs === null ? '' : `, ${formatDuration(durationMs)}`
    return `- ↳ ${state === 'applied' ? '✅' : '⬜'} ${code(name)} (${prose(migrationState(one, view.migrations))}${took})`
  })
}

function monitoringLine(view: RunView, timeZone: string): string {
  const { monitoring } = view
  if (monitoring === null) return ''
  const verdicts = verdictsText(monitoring)
  const next =
    monitoring.nextAt === undefined ? '' : `, next ${zonedDateTime(Date.parse(monitoring.nextAt), timeZone)}`
  const { scheduled, onDemand } = looksOf(monitoring)
  if (scheduled + onDemand === 0 && view.outcome === null)
    return `${plural(monitoring.planned, 'checkpoint')} planned; what they see is in the workflow ${code(monitoring.workflowId)}`
  const asOf =
    monitoring.asOf === undefined ? '' : ` as of ${zonedDateTime(Date.parse(monitoring.asOf), timeZone)}`
  return `Checkpoints${asOf}: ${scheduled} of ${monitoring.planned}${onDemandText(onDemand)}${
    verdicts === '' ? '' : ` (${verdicts})`
  }${next}`
}
