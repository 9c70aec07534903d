import { fc } from '../../fast-check.js'
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import type { Words } from '../../../src/contract/next-command.js'
import { blockLines, blockPieces } from '../../../src/cli/terminal/block.js'
import { arrange, rowsTaken, type Picture } from '../../../src/cli/terminal/picture.js'
import { sparkline, watchPicture } from '../../../src/cli/commands/watch.js'
import type { RunView } from '../../../src/contract/run.js'
import { fourRuns } from '../../runbook/four-runs.js'
import { isoAfter, sampleRun, STARTED } from '../../runbook/sample-run.js'

const place = (columns: number) => ({
  colors: pc.createColors(false),
  columns: () => columns,
  block: (words: Words, at = {}) =>
    blockLines(words, { columns, ...at }, { typed: {}, shell: 'posix' as const }),
  pieces: (words: Words, at = {}) =>
    blockPieces(words, { columns, ...at }, { typed: {}, shell: 'posix' as const }),
})

function watchLines(...[view, , time]: [RunView, unknown, Parameters<typeof watchPicture>[2]]): string[] {
  return arrange(watchPicture(view, place(120), time), { columns: 120, rows: 60 })
}
const plain = undefined

function onlyText(lines: readonly string[]): Picture {
  const line = (row: string) => [{ rows: [row], command: false }]
  return {
    head: lines.slice(0, 2).map(line),
    steps: [],
    gates: [],
    rest: lines.slice(2).map(line),
    whole: [],
  }
}

/** A run at the gate `plan`, with more to confirm than a small terminal holds. */
function atPlan(): RunView {
  const gates = sampleRun().gates.map((one) =>
    one.gate === 'plan'
      ? {
          ...one,
          state: 'open' as const,
          decisions: [],
          expiresAt: isoAfter(90),
          who: {
            roles: ['team-lead'],
            approvals: 1,
            missing: 1,
            people: [
              { name: 'Ada Lovelace', roles: ['team-lead'], contact: '@ada' },
              { name: 'Bo', roles: ['team-lead'], excluded: 'requester' as const },
            ],
          },
          shows: Array.from(
            { length: 12 },
            (_, index) => `table_${index}: 4200 → 4188 rows, as the rehearsal on the restored copy showed`,
          ),
        }
      : one,
  )
  const { closedAt: _closed, ...view } = sampleRun({ outcome: null, phase: 'execute', gates })
  return { ...view, monitoring: null, timeZone: 'America/New_York' }
}

describe('a gate in terminals of three sizes', () => {
  test.each([
    [120, 40],
    [80, 24],
    [40, 20],
  ])('%ix%i: it fits, its commands are whole, and what is cut is counted', async (columns, rows) => {
    const picture = arrange(watchPicture(atPlan(), place(columns), { now: STARTED }), { columns, rows })
    expect(rowsTaken(picture, columns)).toBeLessThan(rows)
    const pasted = picture.join('\n').replace(/ \\\n\s*/g, ' ')
    expect(pasted).toMatch(/^ *d1-runbook approve plan --env production$/m)
    expect(pasted).toMatch(/^ *d1-runbook reject plan --env production$/m)
    expect(pasted.replace(/\s+/g, ' ')).toContain('Who: team-lead: Ada Lovelace, @ada')
    expect(pasted.replace(/\s+/g, ' ')).toContain('Expires 2026-03-07 23:30:00 EST')
    if (rows < 40) expect(pasted).toMatch(/… \d+ more:\n +d1-runbook show --env production$/)
    if (rows === 24) expect(pasted).toMatch(/^ ✔ \d+ steps done$/m)
    await expect(`${picture.join('\n')}\n`).toMatchFileSnapshot(`screens/watch-${columns}x${rows}.txt`)
  })
})

/** The sample run while it is monitored: ten checkpoints, the eleventh to come. */
function monitored() {
  const { closedAt: _closed, ...view } = sampleRun({ outcome: null, phase: 'monitor' })
  const { monitoring } = view
  if (monitoring === null) throw new Error('the sample run is monitored')
  const checkpoints = monitoring.checkpoints.slice(0, 10)
  const verdicts = { healthy: 0, degraded: 0, breached: 0, unknown: 0 }
  for (const { verdict } of checkpoints) verdicts[verdict] += 1
  return { ...view, monitoring: { ...monitoring, checkpoints, verdicts, nextAt: isoAfter(160) } }
}

describe('what a person sees who leaves watch open', () => {
  test('steps with ticks and durations, the next checkpoint, and latency against its limit', () => {
    const text = watchLines(monitored(), plain, { now: STARTED + 150 * 60_000, limitMs: 417 }).join('\n')
    expect(text).toContain('✔ Step 1: Final Pre-Migration Backup 5 min 54 s')
    expect(text).toContain('10 of 34 checkpoints')
    expect(text).toMatch(/latency [▁-█]{10} 507 ms of at most 417 ms/)
    expect(text).toContain('next checkpoint in 10 min')
  })

  test('a checkpoint whose time has come is due since then, not to come', () => {
    const text = watchLines(monitored(), plain, { now: STARTED + 160 * 60_000 + 38_000 }).join('\n')
    expect(text).toContain(
      'next checkpoint: due since 2026-03-08 05:40:00 UTC (38 s), nothing seen of it yet',
    )
    expect(text).not.toContain('next checkpoint in')
  })

  test('an open gate with the command to type', () => {
    const gates = sampleRun().gates.map((one) =>
      one.gate === 'plan' ? { ...one, state: 'open' as const, shows: ['Plan ab12'], decisions: [] } : one,
    )
    const { closedAt: _closed, ...view } = sampleRun({ outcome: null, phase: 'execute', gates })
    const text = watchLines(view, plain, { now: STARTED }).join('\n')
    expect(text).toContain('d1-runbook approve plan --env production')
  })

  test('a finished run waits for nothing', () => {
    const text = watchLines(sampleRun(), plain, { now: STARTED }).join('\n')
    expect(text).toContain('completed')
    expect(text).not.toContain('next checkpoint')
  })

  test.each([40, 80])(
    'in %i columns no number loses a digit or its unit, and the latency is said',
    (columns) => {
      const picture = watchPicture(monitored(), place(columns), { now: STARTED + 150 * 60_000, limitMs: 417 })
      const lines = arrange(picture, { columns, rows: 60 })
      const text = lines.join('\n')
      expect(rowsTaken(lines, columns)).toBe(lines.length)
      for (const { text: step } of picture.steps)
        for (const [measure] of step.matchAll(/\d+ (?:ms|s|min|h)\b(?: \d+ (?:s|min)\b)?/g))
          expect(text).toContain(measure)
      expect(text).toMatch(/latency [▁-█]+ 507 ms of at most 417 ms/)
    },
  )

  test('a checkpoint without data is a question mark, not a low bar', () => {
    expect(sparkline([100, undefined, 400], 400)).toBe('▃?█')
  })
})

/** Those of its gates, then the one that shows the rest; each as one line. */
function commandsOf({ gates, whole }: Picture): string[] {
  return [...gates.flatMap(({ decide, shows }) => [...decide, ...shows]), whole].flatMap((line) =>
    line
      .filter(({ command }) => command)
      .map(({ rows }) =>
        rows
          .join('\n')
          .trim()
          .replace(/ \\\n\s*/g, ' '),
      ),
  )
}

describe('a picture that is redrawn in place', () => {
  const line = fc.array(fc.constantFrom('x', 'ä', ' ', '\u001B[31m', '\u001B[0m'), { maxLength: 300 })
  const size = fc.record({
    columns: fc.integer({ min: 2, max: 220 }),
    rows: fc.integer({ min: 4, max: 80 }),
  })

  test('never wraps and never scrolls, however small the terminal', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 100 }), size, (lines, terminal) => {
        const picture = arrange(onlyText(lines.map((parts) => parts.join(''))), terminal)
        expect(rowsTaken(picture, terminal.columns)).toBe(picture.length)
        expect(picture.length).toBeLessThan(terminal.rows)
      }),
    )
  })

  const waiting = watchPicture(fourRuns().breach.view, place(40), { now: STARTED })
  const known = commandsOf(waiting)

  test('has each command complete, or not at all, and the way to the others while there is room for it', () => {
    expect(known).toHaveLength(5)
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 60 }), (rows) => {
        const picture = arrange(waiting, { columns: 40, rows })
        expect(rowsTaken(picture, 40)).toBeLessThan(rows)
        const pasted = picture.join('\n').replace(/ \\\n\s*/g, ' ')
        const typed = [...pasted.matchAll(/d1-runbook.*/g)].map(([line]) => line)
        expect(typed.filter((line) => !known.includes(line))).toEqual([])
        if (rows >= 20) expect(typed).toEqual(expect.arrayContaining(known.slice(0, 4)))
        if (typed.length < 4) expect(pasted).toMatch(/^… \d+ more$/m)
      }),
    )
  })

  test('is drawn over as a whole after the terminal became narrower', () => {
    const drawn = arrange(onlyText(['x'.repeat(70), pc.createColors(true).red('y'.repeat(70)), 'z']), {
      columns: 100,
      rows: 40,
    })
    expect(rowsTaken(drawn, 40)).toBe(5)
  })
})

test('a run that an agent proposed says so while it is watched', () => {
  const proposed = { ...atPlan(), proposedBy: { agent: 'a-client 1.0' } }
  const said = `proposed by an agent (a-client 1.0) for ${proposed.requester}`
  expect(watchLines(proposed, plain, { now: STARTED })).toContain(said)
  expect(watchLines(atPlan(), plain, { now: STARTED }).filter((line) => /agent/.test(line))).toEqual([])
})
