import type { RunView } from '../contract/run.js'
import { formatDuration } from '../runbook/duration.js'
import { stepTitle } from '../runbook/steps.js'
import type { Output } from './output.js'

/**
 * Says each change of a run once, as lines. In a terminal one more line at the bottom shows what is going on; while a
 * person is being asked, the lines wait.
 */
export class Progress {
  private readonly output: Output
  private readonly said = new Set<string>()
  private held: string[] | undefined
  private bottom = ''
  private view: RunView | undefined
  private readonly timer: NodeJS.Timeout | undefined

  constructor(output: Output) {
    this.output = output
    if (output.live) this.timer = setInterval(() => this.drawBottom(), 500).unref()
  }

  show(view: RunView): void {
    this.view = view
    for (const [key, line] of changesOf(view, this.output)) {
      if (this.said.has(key)) continue
      this.said.add(key)
      this.line(line)
    }
    this.drawBottom()
  }

  line(text: string): void {
    if (this.held !== undefined) {
      this.held.push(text)
      return
    }
    this.clearBottom()
    this.output.line(text)
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
  }

  stop(): void {
    clearInterval(this.timer)
    this.resume()
    this.clearBottom()
    this.view = undefined
  }

  private drawBottom(): void {
    if (!this.output.live || this.held !== undefined || this.view === undefined) return
    const text = bottomText(this.view)
    this.clearBottom()
    this.bottom = text.slice(0, Math.max(10, this.output.columns() - 1))
    this.output.raw(this.output.colors.dim(this.bottom))
  }

  private clearBottom(): void {
    if (this.bottom === '') return
    this.output.raw('\r\u001B[2K')
    this.bottom = ''
  }
}

function bottomText(view: RunView): string {
  const running = view.steps.find(({ state }) => state === 'running')
  if (running === undefined) return view.message
  const since =
    running.startedAt === undefined ? '' : ` ${formatDuration(Date.now() - Date.parse(running.startedAt))}`
  return `… ${stepTitle(running.step)}${since}  ${view.message}`
}

/** Everything that has happened so far, each with a key that stays the same. */
function changesOf(view: RunView, { colors }: Output): [key: string, line: string][] {
  const changes: [string, string][] = []
  for (const { step, state, startedAt, endedAt, detail } of view.steps) {
    if (state !== 'done' && state !== 'failed') continue
    const took =
      startedAt === undefined || endedAt === undefined
        ? ''
        : formatDuration(Date.parse(endedAt) - Date.parse(startedAt))
    const mark = state === 'done' ? colors.green('✔') : colors.red('✖')
    changes.push([
      `${step}/${state}`,
      `${mark} ${stepTitle(step)} ${colors.dim(took)} ${detail ?? ''}`.trimEnd(),
    ])
  }
  for (const { name, state } of view.migrations) {
    if (state === 'applied') changes.push([`${name}/applied`, `  ${colors.green('✔')} applied ${name}`])
    if (state === 'partial') changes.push([`${name}/partial`, `  ${colors.red('✖')} ${name} is partial`])
  }
  for (const { gate, decisions, state } of view.gates) {
    for (const { decisionId, actor, decision, comment } of decisions) {
      const said = decision === 'approve' ? colors.green('approved') : colors.red('declined')
      changes.push([
        decisionId,
        `  ${said} ${gate} by ${actor}${comment === undefined ? '' : `: ${comment}`}`,
      ])
    }
    if (state === 'expired') changes.push([`${gate}/expired`, `  ${colors.red('expired')} ${gate}`])
  }
  for (const checkpoint of view.monitoring?.checkpoints ?? []) {
    const { number, verdict, reasons, latencyMs, late } = checkpoint
    const paint = {
      healthy: colors.green,
      degraded: colors.yellow,
      breached: colors.red,
      unknown: colors.magenta,
    }[verdict]
    const latency = latencyMs === undefined ? '' : ` ${formatDuration(latencyMs)}`
    const why = verdict === 'healthy' ? '' : ` ${reasons.join('; ')}`
    const planned = view.monitoring?.planned ?? 0
    changes.push([
      `checkpoint/${number}`,
      `  checkpoint ${number} of ${planned}: ${paint(verdict)}${latency}${late ? ' (late)' : ''}${why}`,
    ])
  }
  return changes
}
