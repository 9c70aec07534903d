import { megabytes } from '../../text/bytes.js'
import { visibleIn } from '../../text/visible.js'
import { reasonTexts } from '../../contract/reasons.js'
import type { GateView, RunView } from '../../contract/run.js'
import { formatDuration } from '../../text/duration.js'
import { LOOKS_ELSEWHERE, looksText, verdictsText } from '../../text/looks.js'
import { ledgerText, migrationState, safetyCopyText } from '../../runbook/migration-state.js'
import { interventionText, pauseOf } from '../../text/paused.js'
import { awaitedDiskText } from '../../text/awaited-disk.js'
import { zonedSeconds } from '../../text/clock.js'
import { differenceLine } from '../../runbook/charter/differences.js'
import { defined } from '../../contract/defined.js'
import { compressedGap, gapLine, gapsOf } from '../../runbook/gaps.js'
import { saidIn } from '../../contract/own-name.js'
import { beyondLines } from '../../runbook/beyond.js'
import { refusedActor, refusedAlike, refusedWhen } from '../../runbook/refused.js'
import { provenanceOf, requestText } from '../../runbook/people/provenance.js'
import { whoLines } from '../../runbook/who-decides.js'
import { waitLines } from '../../runbook/freezes.js'
import { gateCommands } from '../../runbook/gate-commands.js'
import { stepTook } from '../../runbook/step-times.js'
import { gateWord, stepWord } from '../../runbook/standing.js'
import { gateTitle, stepTitle } from '../../runbook/steps.js'
import type { Colors } from './output.js'
import { planText } from './plan-text.js'
import { databaseLine } from './target-text.js'
import { at, command, linesOf, placeOf, words, type Words } from '../../contract/next-command.js'

/** The last ones say what is the matter now; all are in `--json` and in the incident report. */
const SHOWN_TRIES = 5

/** Gates that wait for people now; at a closed run nobody waits any more. */
export function openGates(view: RunView): GateView[] {
  if (view.outcome !== null) return []
  return view.gates.filter(({ state }) => state === 'open')
}

/** The state of a run, for people: what is done, what it waits for, what to type. */
export function runLines(given: RunView, colors: Colors, now = Date.now()): Words[] {
  const view = visibleIn(given)
  return [
    databaseLine(view, colors),
    `Run ${view.workflowId}  ${colors.dim(view.runId)}  ${requestText(view)}`,
    `${outcomeText(view, colors)}${view.message === '' ? '' : `: ${view.message}`}`,
    ...pauseLines(view, colors),
    '',
    ...stepLines(view, colors, now),
    ...section('Waits', waitLines(view, { timeZone: view.timeZone ?? 'UTC', now })),
    ...section(
      'Request and charter differ',
      (view.admission?.differences ?? []).map((one) => `${colors.yellow('!')} ${differenceLine(one)}`),
    ),
    ...section('Migrations', migrationLines(view, colors)),
    ...section('Gates', decidedGateLines(view, colors)),
    ...section(
      'Gaps',
      gapsOf(view).map(({ title, message }) => `${colors.yellow('!')} ${title}: ${message}`),
    ),
    ...section('Waiting for', [
      ...diskLines(view, colors),
      ...openGates(view).flatMap((gate) =>
        openGateLines(gate, view, colors).map((line, at) => (at === 0 ? line : words`  ${line}`)),
      ),
    ]),
    ...section('Monitoring', monitoringLines(view, colors)),
    ...section('Backup', backupLines(view)),
    ...section('Tries of the rollback', tryLines(view)),
    ...section('Issues', [
      ...view.issues.map(
        ({ severity, description, ...who }) => `${severity}: ${description} (${saidIn(who)})`,
      ),
      ...beyondLines(view.issuesBeyond),
    ]),
    ...section(
      'Held, stopped, alarmed',
      (view.interventions ?? []).map((one) => interventionText(one)),
    ),
    ...section('Refused decisions', [
      ...refusedAlike(view.refused).map((one) => {
        const times = one.count === 1 ? '' : ` (${refusedWhen(one, (at) => timeText(at, view))})`
        return `${one.gate} by ${refusedActor(one)}${times}: ${one.reason}`
      }),
      ...beyondLines(view.refusedBeyond),
    ]),
    ...section('Failure', failureLines(view, colors)),
    ...section('Written', view.artifacts),
  ]
}

/** The worker that has the archive is not there: who starts it lets the run go on. */
export function diskLines(view: RunView, colors: Colors): string[] {
  const said = awaitedDiskText(view)
  return said === undefined ? [] : [colors.yellow(said)]
}

/** Who holds the run, since when and why, where somebody does. */
export function pauseLines(view: RunView, colors: Colors): Words[] {
  const pause = pauseOf(view)
  if (pause === undefined) return []
  const resume = at(placeOf(view), command('resume'))
  return [
    words`${colors.yellow(`${interventionText(pause)} (${timeText(pause.at, view)})`)}. Goes on with: ${resume}`,
  ]
}

export function outcomeText(view: Pick<RunView, 'outcome' | 'phase' | 'paused'>, colors: Colors): string {
  if (view.outcome === null) return colors.bold(view.paused ? `paused in ${view.phase}` : view.phase)
  const paint = view.outcome === 'completed' ? colors.green : colors.red
  return paint(colors.bold(view.outcome))
}

export function stepLines(view: RunView, colors: Colors, now = Date.now()): string[] {
  const marks = {
    waiting: colors.dim('·'),
    running: colors.cyan('▸'),
    done: colors.green('✔'),
    failed: colors.red('✖'),
    stopped: colors.yellow('■'),
    skipped: colors.dim('-'),
  }
  return view.steps.map((one) => {
    const { step, state, detail } = one
    const took = stepTook(one, view, now)
    const name = stepTitle(step)
    const text = state === 'waiting' || state === 'skipped' ? colors.dim(name) : name
    const word = stepWord(one, view)
    const reached = word === state ? '' : colors.dim(word)
    return ['', marks[state], text, took === '' ? '' : colors.dim(took), reached, detail ?? '']
      .filter((part, index) => index === 0 || part !== '')
      .join(' ')
  })
}

/** The commands to decide it, who may, and what is being confirmed. */
export function openGateLines(gate: GateView, view: GateRun, colors: Colors): Words[] {
  const { title, decide, shows } = gateParts(gate, view, colors)
  return [title, ...decide, ...shows]
}

type GateRun = Pick<RunView, 'environment' | 'databaseOption' | 'timeZone' | 'compressed'>

/** The same in parts: what stands in `decide` is never cut. */
export function gateParts(
  one: GateView,
  run: GateRun,
  colors: Colors,
): { title: string; decide: Words[]; shows: Words[] } {
  const { gate } = one
  const { environment, timeZone, compressed } = run
  return {
    title: colors.bold(`${gate}: ${gateTitle(gate, environment)}`),
    decide: [
      ...gateCommands(gate, run).map(({ label, command }) => words`${label}: ${command}`),
      ...whoAndUntil(one, { timeZone }),
    ],
    shows: [
      ...shownLines(one, colors),
      ...(one.plan === undefined ? [] : compressedGap(defined({ compressed })).map(gapLine)),
    ],
  }
}

/** What is being confirmed; a plan in its blocks. */
export function shownLines({ shows, plan }: GateView, colors: Colors): Words[] {
  return plan === undefined ? [...shows] : planText(plan, colors)
}

/** Who may decide an open gate, how to reach them, who may not and why, and until when. */
export function whoAndUntil({ who, expiresAt }: GateView, { timeZone }: Pick<RunView, 'timeZone'>): string[] {
  return [
    ...(who === undefined ? [] : whoLines(who)),
    ...(expiresAt === undefined
      ? []
      : [`Expires ${timeText(expiresAt, { timeZone })}; silence is not an approval`]),
  ]
}

/** A time of a run for people: in the zone of the run, with its name. */
export function timeText(iso: string, { timeZone }: Pick<RunView, 'timeZone'>): string {
  return zonedSeconds(Date.parse(iso), timeZone ?? 'UTC')
}

function decidedGateLines(view: RunView, colors: Colors): string[] {
  return view.gates
    .filter(
      ({ state, decisions, earlier = [] }) =>
        decisions.length + earlier.length > 0 ||
        (state !== 'waiting' && (state !== 'open' || view.outcome !== null)),
    )
    .map((one) => {
      const { gate, state, decisions, earlier = [] } = one
      const who = [...earlier, ...decisions].map((given, index) => {
        const { actor, decision, comment, strategy } = given
        const said =
          decision === 'reject'
            ? `${actor} declined`
            : strategy === undefined
              ? actor
              : `${actor}: ${strategy}`
        // At the gate rollback an earlier decision may have been carried out.
        const isVoid = index < earlier.length && gate !== 'rollback' ? ' [void]' : ''
        const pressed = provenanceOf(given) === 'slack' ? ' [Slack]' : ''
        return `${said}${comment === undefined ? '' : ` ("${comment}")`}${pressed}${isVoid}`
      })
      const paint = state === 'approved' ? colors.green : state === 'open' ? colors.yellow : colors.red
      return `${paint(gateWord(one, view).padEnd(9))} ${gate}${who.length === 0 ? '' : `  ${who.join(', ')}`}`
    })
}

function migrationLines(view: RunView, colors: Colors): string[] {
  const marks = {
    pending: colors.yellow('○'),
    applied: colors.green('✔'),
    absent: colors.dim('○'),
    partial: colors.red('✖'),
    unknown: colors.red('?'),
    'not-executed': colors.dim('·'),
    'taken-back': colors.yellow('↩'),
  }
  const lines = view.migrations.map((one) => {
    const { name, state, durationMs, error } = one
    const took = durationMs === null ? '' : `  ${formatDuration(durationMs)}`
    return `${marks[state]} ${name}  ${migrationState(one, view.migrations)}${took}${error === undefined ? '' : `  ${colors.red(error)}`}`
  })
  lines.push(
    ...(view.adopted ?? []).map((name) => `${marks.applied} ${name}  recorded in the ledger, not run`),
    ...(view.notProven ?? []).map(({ name, why }) => `${marks['not-executed']} ${name}  not proven: ${why}`),
  )
  const said = ledgerText(view)
  return said === undefined
    ? lines
    : [...lines, `read back ${view.ledger === undefined ? '' : timeText(view.ledger.readAt, view)}: ${said}`]
}

export function monitoringLines(view: RunView, colors: Colors): string[] {
  const { monitoring } = view
  if (monitoring === null) return []
  const paints = {
    healthy: colors.green,
    degraded: colors.yellow,
    breached: colors.red,
    unknown: colors.magenta,
  }
  const counts = verdictsText(monitoring, (verdict, text) => paints[verdict](text))
  const last = monitoring.checkpoints.at(-1)
  const none = view.outcome === null ? 'none yet' : 'none'
  const elsewhere = monitoring.asOf === undefined ? '' : `; ${LOOKS_ELSEWHERE}`
  return [
    `${looksText(monitoring, view.timeZone)}: ${counts || none}${elsewhere}`,
    ...(monitoring.nextAt === undefined ? [] : [`next at ${timeText(monitoring.nextAt, view)}`]),
    ...(last === undefined || last.verdict === 'healthy' ? [] : reasonTexts(last.reasons)),
  ]
}

function backupLines(view: RunView): string[] {
  const replaced = view.safetyCopy === undefined ? [] : [safetyCopyText(view.safetyCopy, view.timeZone)]
  if (view.backup === null) return replaced
  const { file, verified, sizeBytes, bookmark } = view.backup
  const size = megabytes(sizeBytes)
  return [
    `${file} (${size}, ${verified ? 'restored and verified' : 'not verified'})`,
    ...(bookmark === undefined ? [] : [`Time Travel bookmark ${bookmark}`]),
    ...replaced,
  ]
}

function tryLines(view: RunView): string[] {
  return (view.rollbackTries ?? []).slice(-SHOWN_TRIES).map(({ strategy, number, at, error, effect }) => {
    const did = effect === 'none' ? 'nothing had taken effect' : 'what it did was not known'
    return `${timeText(at, view)} ${strategy}, try ${number}: ${error}; ${did}`
  })
}

function failureLines(view: RunView, colors: Colors): Words[] {
  if (view.failure === null) return []
  return [colors.red(`${view.failure.type}: ${view.failure.message}`), view.failure.advice]
}

/** What D1 said may be of several lines: those after the first stand further in, so that none reads like a line of ours. */
function section(title: string, lines: readonly Words[]): Words[] {
  const rows = lines.flatMap((line) =>
    linesOf(line).map((row, at) => (at === 0 ? words`  ${row}` : words`      ${row}`)),
  )
  return rows.length === 0 ? [] : ['', `${title}:`, ...rows]
}
