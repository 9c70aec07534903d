import { visibleIn } from '../../text/visible.js'
import { reasonTexts } from '../../contract/reasons.js'
import type { RunView } from '../../contract/run.js'
import { formatDuration } from '../../text/duration.js'
import { migrationState } from '../../runbook/migration-state.js'
import { stepTook } from '../../runbook/step-times.js'
import { stepTitle } from '../../runbook/steps.js'
import { interventionText, pauseOf } from '../../text/paused.js'
import type { Output } from './output.js'
import { clip } from './picture.js'
import { diskLines, timeText } from './run-text.js'
import { mapText, words, type Words } from '../../contract/next-command.js'
import type { Silence } from '../../client/patience.js'
import { silenceText } from './silence-text.js'

/**
 * Says each change of a run once, as lines. In a terminal one more line at the bottom shows what is going on; while a
 * person is being asked, the lines wait.
 */
export class Progress {
  private readonly output: Output
  private readonly said = new Set<string>()
  /** What was said of a step that is over. */
  private readonly details = new Map<string, string | undefined>()
  private held: Words[] | undefined
  private bottom = ''
  private view: RunView | undefined
  private silent: Silence | undefined
  /** Of the silence that was said last, and not its end. */
  private saidSilent: string | undefined
  private readonly timer: NodeJS.Timeout | undefined

  constructor(output: Output) {
    this.output = output
    if (output.live) this.timer = setInterval(() => this.drawBottom(), 500).unref()
  }

  /** `others`: what this view shows beside it, told in its place by time. */
  show(given: RunView, others: readonly Change[] = []): void {
    const view = visibleIn(given)
    this.view = view
    for (const { key, at, line, more = [] } of inOrder([
      ...changesOf(view, this.output),
      ...this.corrections(view),
      ...others,
    ])) {
      if (this.said.has(key)) continue
      this.said.add(key)
      // Nobody sees when a line came who reads it later.
      this.line(this.output.live || at === undefined ? line : words`${timeText(at, view)}  ${line}`)
      for (const text of more) for (const row of this.output.block(text)) this.line(row)
    }
    this.drawBottom()
  }

  /** A step that is over says something else when a later one finds out more: nobody is left with what was said first. */
  private corrections({ steps }: RunView): Change[] {
    return steps.flatMap(({ step, endedAt, detail }) => {
      if (endedAt === undefined) return []
      const key = `${step}/${endedAt}`
      const corrected = this.details.has(key) && this.details.get(key) !== detail
      this.details.set(key, detail)
      const line = `  ${stepTitle(step)}, by now: ${detail ?? ''}`
      return corrected ? [{ key: `${key}/${detail ?? ''}`, at: undefined, line }] : []
    })
  }

  line(text: Words): void {
    if (this.held !== undefined) {
      this.held.push(text)
      return
    }
    this.clearBottom()
    this.output.line(text)
  }

  /** Somebody does not answer; undefined: they do again. */
  silence(silence: Silence | undefined): void {
    // Who follows the run and who sends a decision wait for the same worker: said once.
    if (silence?.error.message === this.silent?.error.message) return
    this.silent = silence
    this.saySilence()
  }

  /** Behind a prompt what is true then: who was silent only while it stood there is no news. */
  private saySilence(): void {
    const { silent, output } = this
    if (this.held !== undefined || silent?.error.message === this.saidSilent) return
    this.saidSilent = silent?.error.message
    this.line(
      silent === undefined
        ? output.colors.green('It answers again.')
        : mapText(silenceText(silent, this.view?.timeZone ?? 'UTC'), output.colors.yellow),
    )
  }

  /** Lines wait until {@link resume}: a prompt is on the screen. */
  hold(): void {
    this.clearBottom()
    this.held ??= []
  }

  resume(): void {
    const lines = this.held ?? []
    this.held = undefined
    for (const line of lines) this.line(line)
    this.saySilence()
  }

  stop(): void {
    clearInterval(this.timer)
    this.resume()
    this.clearBottom()
    this.view = undefined
  }

  private drawBottom(): void {
    if (!this.output.live || this.held !== undefined || this.view === undefined) return
    const text = `${this.silent !== undefined ? 'no answer; what was seen last: ' : ''}${bottomText(this.view)}`
    this.clearBottom()
    this.bottom = clip(text, Math.max(10, this.output.columns() - 1))
    this.output.raw(this.output.colors.dim(this.bottom))
  }

  private clearBottom(): void {
    if (this.bottom === '') return
    this.output.raw('\r\u001B[2K')
    this.bottom = ''
  }
}

function bottomText(view: RunView): string {
  const pause = pauseOf(view)
  const held = pause === undefined ? (view.paused ? 'paused  ' : '') : `${interventionText(pause)}  `
  return `${held}${goingOn(view)}`
}

function goingOn(view: RunView): string {
  const running = view.steps.find(({ state }) => state === 'running')
  if (running === undefined) return view.message
  return `… ${stepTitle(running.step)} ${stepTook(running, view, Date.now())}  ${view.message}`
}

export interface Change {
  /** Stays the same for the same change. */
  key: string
  /** ISO 8601, UTC; undefined where no time is known, and then it comes last. */
  at: string | undefined
  line: Words
  /** Further rows, each command in one of its own. */
  more?: readonly Words[]
}

/** Sorting is stable: a step comes after what happened in it at the same moment. */
function inOrder(changes: readonly Change[]): Change[] {
  const last = '\uFFFF'
  return changes.toSorted(({ at: a = last }, { at: b = last }) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Everything that has happened so far. */
function changesOf(view: RunView, output: Output): Change[] {
  return [
    ...issueChanges(view),
    ...holdChanges(view, output),
    ...diskChanges(view, output),
    ...gateChanges(view, output),
    ...migrationChanges(view, output),
    ...checkpointChanges(view, output),
    ...stepChanges(view, output),
  ]
}

function issueChanges({ issues }: RunView): Change[] {
  return issues.map(({ severity, description, actor, at }) => ({
    key: `issue/${actor}/${at}/${description}`,
    at,
    line: `  issue (${severity}) by ${actor}: ${description}`,
  }))
}

/** Whoever follows a run sees why nothing happens. */
function holdChanges({ interventions = [] }: RunView, { colors }: Output): Change[] {
  return interventions
    .filter(({ command }) => command === 'pause' || command === 'resume')
    .map((one) => ({
      key: `${one.command}/${one.actor}/${one.at}`,
      at: one.at,
      line: `  ${colors.yellow(interventionText(one))}`,
    }))
}

/** Once a wait: it is over with the step, which says what came of it. */
function diskChanges(view: RunView, { colors }: Output): Change[] {
  const { awaitedDisk } = view
  return diskLines(view, colors).map((line) => ({
    key: `disk/${awaitedDisk?.disk ?? ''}/${awaitedDisk?.since ?? ''}`,
    at: awaitedDisk?.since,
    line: `  waiting for ${line}`,
  }))
}

function stepChanges(view: RunView, { colors }: Output): Change[] {
  return view.steps.flatMap((one) => {
    const { step, state, endedAt, detail } = one
    if (endedAt === undefined || state === 'running' || state === 'waiting') return []
    const took = stepTook(one, view, Date.parse(endedAt))
    const mark = {
      done: colors.green('✔'),
      failed: colors.red('✖'),
      stopped: colors.yellow('■'),
      skipped: colors.dim('-'),
    }[state]
    const line = `${mark} ${stepTitle(step)} ${colors.dim(took)} ${detail ?? ''}`.trimEnd()
    return [{ key: `${step}/${state}/${endedAt}`, at: endedAt, line }]
  })
}

/** In runs of earlier versions a migration has no time of its own: it belongs to the end of the step that applied it. */
function migrationChanges(view: RunView, { colors }: Output): Change[] {
  const execute = view.steps.find(({ step }) => step === 'execute')
  const undone = view.steps.find(({ step }) => step === 'rollback')?.endedAt
  return view.migrations.flatMap((one) => {
    const { name, state } = one
    if (state !== 'applied' && state !== 'partial' && state !== 'unknown' && state !== 'taken-back') return []
    const marks = {
      applied: colors.green('✔'),
      partial: colors.red('✖'),
      unknown: colors.red('?'),
      'taken-back': colors.yellow('↩'),
    }
    const line = `  ${marks[state]} ${name} is ${migrationState(one, view.migrations)}`
    return [
      {
        key: `${name}/${state}`,
        at: state === 'taken-back' ? undone : (one.endedAt ?? execute?.endedAt),
        line,
      },
    ]
  })
}

function gateChanges(view: RunView, { colors }: Output): Change[] {
  return view.gates.flatMap(({ gate, decisions, state, expiresAt }) => [
    ...decisions.map(({ decisionId, actor, decision, comment, at }) => {
      const said = decision === 'approve' ? colors.green('approved') : colors.red('declined')
      return {
        key: decisionId,
        at,
        line: `  ${said} ${gate} by ${actor}${comment === undefined ? '' : `: ${comment}`}`,
      }
    }),
    ...(state === 'expired'
      ? [{ key: `${gate}/expired`, at: expiresAt, line: `  ${colors.red('expired')} ${gate}` }]
      : []),
  ])
}

function checkpointChanges({ monitoring }: RunView, { colors }: Output): Change[] {
  const paints = {
    healthy: colors.green,
    degraded: colors.yellow,
    breached: colors.red,
    unknown: colors.magenta,
  }
  return (monitoring?.checkpoints ?? []).map(({ number, verdict, reasons, latencyMs, late, extra, at }) => {
    const latency = latencyMs === undefined ? '' : ` ${formatDuration(latencyMs)}`
    const why = verdict === 'healthy' ? '' : ` ${reasonTexts(reasons).join('; ')}`
    const place = extra === true ? 'look on demand' : `checkpoint ${number} of ${monitoring?.planned ?? 0}`
    return {
      // What is found out later of a look is another change.
      key: `checkpoint/${number}/${at}/${verdict}`,
      at,
      line: `  ${place}: ${paints[verdict](verdict)}${latency}${late ? ' (late)' : ''}${why}`,
    }
  })
}
