import { visibleIn } from '../../text/visible.js'
import type { Command } from 'commander'
import type { RunView } from '../../contract/run.js'
import { formatDuration } from '../../text/duration.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import type { Piece } from '../terminal/block.js'
import type { Output } from '../terminal/output.js'
import type { Change } from '../terminal/progress.js'
import { arrange, rowsTaken, type Picture } from '../terminal/picture.js'
import {
  diskLines,
  gateParts,
  openGateLines,
  timeText,
  monitoringLines,
  openGates,
  outcomeText,
  pauseLines,
  stepLines,
} from '../terminal/run-text.js'
import type { WatchOptions } from './watch-and-decide.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'
import { silenceLines } from '../terminal/silence-text.js'
import type { Silence } from '../../client/patience.js'
import { withRun } from '../../client/run-id.js'
import { exitCodeOf } from '../../client/runs.js'
import { at, command, mapText, placeOf, words, type Words } from '../../contract/next-command.js'
import type { Session } from '../../client/session.js'
import { databaseLine } from '../terminal/target-text.js'
import { requestText } from '../../runbook/people/provenance.js'

/** Least time between two queries: what a person who leaves it open costs. Milliseconds. */
const QUIET_MS = 15_000
const REDRAW_MS = 1_000

export function watchCommand(app: App, summary: string): Command {
  return app
    .command('watch [id]', summary, [
      'watch --env production',
      'watch --env production --decide     # asks the prompts of the run, as start --wait does',
      'watch --env production | tee migration.log',
    ])
    .option('--decide', 'ask the open gates here, as start --wait does')
    .option(
      '--actor <name>',
      "with --decide: who answers (default: git's user name, else the account of this machine)",
    )
    .option('--sign-key <file>', SIGN_KEY_HELP)
    .addHelpText(
      'after',
      helpParagraph(
        "What it costs: it waits on the run's history, which Temporal does not bill, and asks for the state only when " +
          'something changed, at most every 15 seconds, after each checkpoint, and every 30 seconds while a step works: a day of monitoring is under 100 actions.',
      ),
    )
    .action(
      app.action<WatchOptions>(async ({ options, args: [id], output }) => {
        if (options.decide === true) {
          const { watchAndDecide } = await import('./watch-and-decide.js')
          return watchAndDecide(options, id, output)
        }
        const { followRun } = await import('../../client/follow.js')
        return withRun(options, id, async (session, workflowId, runId) => {
          const leaving = new AbortController()
          const leave = (): void => leaving.abort()
          process.on('SIGINT', leave)
          process.on('SIGTERM', leave)
          const screen = output.live
            ? new Screen(output, new LatencyLimit(session, workflowId, runId))
            : await lines(output)
          let last: RunView | undefined
          try {
            const views = followRun({
              session,
              workflowId,
              runId,
              minPauseMs: QUIET_MS,
              signal: leaving.signal,
              onSilence: (silence) => screen.silence(silence),
            })
            for await (const view of views) {
              last = view
              screen.show(view)
            }
          } finally {
            process.off('SIGINT', leave)
            process.off('SIGTERM', leave)
            screen.stop()
          }
          output.document(last ?? null)
          return last === undefined ? 0 : exitCodeOf(last)
        })
      }),
    )
}

interface Watching {
  show: (view: RunView) => void
  silence: (silence: Silence | undefined) => void
  stop: () => void
}

async function lines(output: Output): Promise<Watching> {
  const { Progress } = await import('../terminal/progress.js')
  const progress = new Progress(output)
  return {
    show: (given) => progress.show(given, standing(visibleIn(given), output)),
    silence: (silence) => progress.silence(silence),
    stop: () => progress.stop(),
  }
}

/** What waits for people, with what they type, and how the run ended. */
function standing(view: RunView, { colors }: Output): Change[] {
  const waiting = openGates(view).map((gate) => {
    const [title = '', ...more] = openGateLines(gate, view, colors)
    const { openedAt } = gate
    const line = words`waiting at the gate ${title}`
    return { key: `gate/${gate.gate}/${openedAt ?? ''}`, at: openedAt, line, more }
  })
  if (view.outcome === null) return waiting
  return [{ key: 'outcome', at: view.closedAt, line: `${outcomeText(view, colors)}: ${view.message}` }]
}

/** The response time that would be a breach; known once the baseline was taken. Read once, from the history. */
class LatencyLimit {
  ms: number | undefined
  private asked = false
  private readonly session: Session
  private readonly workflowId: string
  private readonly runId: string | undefined

  constructor(session: Session, workflowId: string, runId: string | undefined) {
    this.session = session
    this.workflowId = workflowId
    this.runId = runId
  }

  async read(): Promise<void> {
    if (this.asked) return
    this.asked = true
    const { readRunHistory } = await import('../../client/run-history.js')
    const { latencyLimitOf } = await import('../../client/latency-limit.js')
    this.ms = latencyLimitOf(await readRunHistory(this.session, this.workflowId, this.runId))
  }
}

/** Redraws its own lines in place: what stood in the terminal before stays readable above. */
class Screen {
  private readonly output: Output
  private readonly limit: LatencyLimit
  private drawn: string[] = []
  private view: RunView | undefined
  private silent: Silence | undefined
  private readonly timer: NodeJS.Timeout
  private readonly redraw = (): void => this.draw()

  constructor(output: Output, limit: LatencyLimit) {
    this.output = output
    this.limit = limit
    this.timer = setInterval(this.redraw, REDRAW_MS)
    process.stdout.on('resize', this.redraw)
  }

  show(view: RunView): void {
    this.view = view
    this.draw()
    if (view.phase !== 'monitor') return
    this.limit.read().catch(() => {
      // The picture is drawn without its limit: watching must not fail for it.
    })
  }

  silence(silence: Silence | undefined): void {
    this.silent = silence
    this.draw()
  }

  stop(): void {
    clearInterval(this.timer)
    process.stdout.off('resize', this.redraw)
  }

  private draw(): void {
    const { output, view } = this
    const now = Date.now()
    const size = { columns: output.columns(), rows: process.stdout.rows > 0 ? process.stdout.rows : 50 }
    const silent =
      this.silent === undefined
        ? []
        : silenceLines(this.silent, view?.timeZone ?? 'UTC', now).map((line) =>
            output.pieces(mapText(line, output.colors.yellow)),
          )
    const seen =
      view === undefined
        ? { head: [], steps: [], gates: [], rest: [], whole: [] }
        : watchPicture(view, output, { now, limitMs: this.limit.ms })
    const picture = arrange({ ...seen, head: [...seen.head, ...silent] }, size)
    const height = rowsTaken(this.drawn, size.columns)
    const up = height === 0 ? '' : `\u001B[${height}A`
    output.raw(`${up}\r\u001B[J${picture.join('\n')}\n`)
    this.drawn = picture
  }
}

/** What a person sees who leaves `watch` open. */
export function watchPicture(
  given: RunView,
  { colors, pieces, columns }: Pick<Output, 'colors' | 'pieces' | 'columns'>,
  { now, limitMs }: { now: number; limitMs?: number | undefined },
): Picture {
  const view = visibleIn(given)
  const end = view.closedAt === undefined ? now : Date.parse(view.closedAt)
  const nextAt = view.monitoring?.nextAt
  const texts = stepLines(view, colors, now)
  return {
    head: [
      databaseLine(view, colors),
      ...(view.proposedBy === undefined ? [] : [colors.yellow(requestText(view))]),
      `${outcomeText(view, colors)}  ${view.message}  ${colors.dim(formatDuration(end - Date.parse(view.startedAt)))}`,
      ...pauseLines(view, colors),
      ...diskLines(view, colors).map((line) => `waiting for ${line}`),
    ].map((line) => pieces(line)),
    steps: view.steps.map(({ state }, index) => ({ state, text: texts[index] ?? '' })),
    over: view.outcome !== null,
    gates: openGates(view).map((gate) => {
      const { title, decide, shows } = gateParts(gate, view, colors)
      const inner = (line: Words): Piece[] => pieces(line, { indent: '  ' })
      return { title: pieces(title), decide: decide.map(inner), shows: shows.map(inner) }
    }),
    rest: [
      ...(view.monitoring === null
        ? []
        : [...monitoringLines(view, colors), ...latencyLines(view, limitMs, columns())]),
      ...(nextAt === undefined || view.outcome !== null ? [] : [checkpointDue(nextAt, view, now)]),
    ].map((line) => pieces(line)),
    whole: pieces(words`${at(placeOf(view), command('show'))}`, { indent: '  ' }),
  }
}

/** Its look takes a while; a worker or a server that is away makes it longer. */
function checkpointDue(nextAt: string, view: RunView, now: number): string {
  const left = Date.parse(nextAt) - now
  return left > 0
    ? `next checkpoint in ${formatDuration(left)}`
    : `next checkpoint: due since ${timeText(nextAt, view)} (${formatDuration(-left)}), nothing seen of it yet`
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** Latency of the checkpoints, the highest bar standing for the largest; `limit` is drawn into the scale when it is known. */
export function sparkline(values: readonly (number | undefined)[], limit?: number): string {
  const known = values.filter((value) => value !== undefined)
  const top = Math.max(...known, limit ?? 0, 1)
  return values
    .map((value) =>
      value === undefined ? '?' : BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))],
    )
    .join('')
}

/** So many bars as stand beside what they say; the newest ones. */
function latencyLines(view: RunView, limit: number | undefined, columns: number): string[] {
  const latencies = (view.monitoring?.checkpoints ?? []).slice(-60).map(({ latencyMs }) => latencyMs)
  if (latencies.length === 0) return []
  const last = latencies.at(-1)
  const now = last === undefined ? 'unknown' : formatDuration(last)
  const against = limit === undefined ? '' : ` of at most ${formatDuration(limit)}`
  const room = Math.max(5, columns - `latency  ${now}${against}`.length - 1)
  return [`latency ${sparkline(latencies.slice(-room), limit)} ${now}${against}`]
}
