import pc from 'picocolors'
import { expect, test } from 'vitest'
import type { Silence } from '../../../src/client/patience.js'
import { RunbookError } from '../../../src/contract/failures.js'
import { plain } from '../../../src/contract/command-line.js'
import type { Output } from '../../../src/cli/terminal/output.js'
import { watchPicture } from '../../../src/cli/commands/watch.js'
import { Progress } from '../../../src/cli/terminal/progress.js'
import { runLines } from '../../../src/cli/terminal/run-text.js'
import type { Words } from '../../../src/contract/next-command.js'
import type { RunView } from '../../../src/contract/run.js'
import { isoAfter, sampleRun, STARTED } from '../../runbook/sample-run.js'

function progress(): { progress: Progress; lines: string[] } {
  const lines: string[] = []
  const output: Output = {
    json: false,
    colors: pc.createColors(false),
    interactive: false,
    live: false,
    columns: () => 80,
    line: (text = '') => lines.push(plain(text, () => 'a command')),
    verbatim: () => undefined,
    note: () => undefined,
    text: (text) => plain(text, () => 'a command'),
    block: () => [],
    pieces: () => [],
    document: () => undefined,
    raw: () => undefined,
  }
  return { progress: new Progress(output), lines }
}

function silent(message: string, since?: number): Silence {
  return { error: new RunbookError('WorkerMissing', message, { advice: 'Start one.' }), since }
}

test('two who wait for the same worker say it once, and once that it answers again', () => {
  const { progress: seen, lines } = progress()
  seen.silence(silent('Nobody polls.', 1))
  seen.silence(silent('Nobody polls.'))
  seen.silence(undefined)
  seen.silence(undefined)
  expect(lines).toHaveLength(2)
  expect(lines[1]).toBe('It answers again.')
})

test('another reason, and the same one after an answer, are said', () => {
  const { progress: seen, lines } = progress()
  seen.silence(silent('Nobody polls.'))
  seen.silence(silent('The server is away.'))
  seen.silence(undefined)
  seen.silence(silent('Nobody polls.'))
  expect(lines).toHaveLength(4)
})

test('behind a prompt stands who is silent by then, and nobody who was so only meanwhile', () => {
  const { progress: seen, lines } = progress()
  seen.hold()
  seen.silence(silent('The server is away.'))
  seen.silence(undefined)
  seen.resume()
  expect(lines).toEqual([])
  seen.hold()
  seen.silence(silent('The server is away.'))
  seen.silence(silent('Nobody polls.'))
  seen.resume()
  expect(lines).toEqual([expect.stringMatching(/^Nobody polls\./)])
  seen.hold()
  seen.silence(undefined)
  seen.resume()
  expect(lines.at(-1)).toBe('It answers again.')
})

const HELD = {
  ...sampleRun({ outcome: null, phase: 'execute' }),
  paused: true,
  interventions: [{ command: 'pause' as const, actor: 'Ada', at: isoAfter(1), reason: 'lunch' }],
}

test('who follows a run is told once that it is paused, by whom and why, and that it goes on', () => {
  const { progress: seen, lines } = progress()
  seen.show(HELD)
  seen.show(HELD)
  expect(lines.filter((line) => line.includes('pause by Ada: lunch'))).toHaveLength(1)
  const resumed = { command: 'resume' as const, actor: 'Bo', at: isoAfter(2) }
  seen.show({ ...HELD, paused: false, interventions: [...HELD.interventions, resumed] })
  expect(lines.filter((line) => line.includes('resume by Bo'))).toHaveLength(1)
})

test('the head of a paused run says by whom, why and how it goes on', () => {
  const head = (view: RunView): string =>
    runLines(view, pc.createColors(false))
      .slice(0, 5)
      .map((line) => plain(line, ({ command }) => command))
      .join('\n')
  expect(head(HELD)).toMatch(/paused in execute[^]*pause by Ada: lunch \(.*\)\. Goes on with: resume/)
  expect(head({ ...HELD, paused: false })).not.toContain('pause')
})

test('nobody was silent: nothing is said', () => {
  const { progress: seen, lines } = progress()
  seen.silence(undefined)
  expect(lines).toEqual([])
})

test('what a finished run is told of stands in the order of its times, whatever it is', () => {
  const { progress: seen, lines } = progress()
  const issues = [13, 20].map((minute) => ({
    ...{ severity: 'minor' as const, description: `slow at ${minute}`, actor: 'ada' },
    at: isoAfter(minute),
  }))
  const gate = { key: 'gate', at: isoAfter(15), line: 'waiting at the gate', more: ['how'] }
  seen.show(sampleRun({ issues }), [{ key: 'unknown', at: undefined, line: 'no time' }, gate])
  expect(lines.pop()).toBe('no time')
  const times = lines.map((line) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(line)?.[0])
  expect(times).not.toContain(undefined)
  expect(times).toEqual(times.toSorted())
  expect(lines.filter((line) => /slow at|at the gate/.test(line))).toHaveLength(3)
})

test('what a later step finds out about one that is over is said once more, and only then', () => {
  const { progress: seen, lines } = progress()
  const view = sampleRun()
  const withDetail = (detail: string) => ({
    ...view,
    steps: view.steps.map((step) => (step.step === 'checklist' ? { ...step, detail } : step)),
  })
  seen.show(withDetail('1 passed, 1 warned'))
  seen.show(withDetail('1 passed, 1 warned'))
  const before = lines.length
  seen.show(withDetail('2 passed'))
  seen.show(withDetail('2 passed'))
  expect(lines.slice(before)).toEqual(['  Pre-Migration Checklist, by now: 2 passed'])
  expect(lines.filter((line) => line.includes('1 passed, 1 warned'))).toHaveLength(1)
})

/** A run whose archive lies with a worker that is away. */
function awaiting(waitedMs: number): RunView {
  const { closedAt: _closed, ...view } = sampleRun({ outcome: null })
  return { ...view, awaitedDisk: { disk: 'aaaaaaaaaaaa', since: isoAfter(13), waitedMs } }
}

test('a worker that is waited for is said once a wait, by lines, show and watch', () => {
  const { progress: seen, lines } = progress()
  for (const waitedMs of [1_000, 6_000, 36_000]) seen.show(awaiting(waitedMs))
  const said = lines.filter((line) => line.includes('waiting for a worker with the disk aaaaaaaaaaaa'))
  expect(said).toHaveLength(1)
  const colors = pc.createColors(false)
  const shown = runLines(awaiting(6_000), colors).map((line) => plain(line, () => 'a command'))
  expect(shown[shown.indexOf('Waiting for:') + 1]).toContain('a worker with the disk aaaaaaaaaaaa')
  const place = {
    colors,
    columns: () => 80,
    pieces: (line: Words) => [{ rows: [plain(line)], command: false }],
  }
  const { head } = watchPicture(awaiting(6_000), place, { now: STARTED + 14 * 60_000 })
  expect(
    head
      .flat()
      .flatMap(({ rows }) => rows)
      .join(),
  ).toContain('with the disk aaaaaaaaaaaa')
})
