import { fc } from '../../fast-check.js'
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import type { Words } from '../../../src/contract/next-command.js'
import { terminalText } from '../../../src/cli/terminal/output.js'
import { fitPicture, rowsTaken } from '../../../src/cli/terminal/picture.js'
import { sparkline, watchLines } from '../../../src/cli/commands/watch.js'
import { isoAfter, sampleRun, STARTED } from '../../runbook/sample-run.js'

const plain = { colors: pc.createColors(false), text: (words: Words) => terminalText(words, {}) }

/** The sample run while it is monitored: ten checkpoints, the eleventh to come. */
function monitored() {
  const { closedAt: _closed, ...view } = sampleRun({ outcome: null, phase: 'monitor' })
  const { monitoring } = view
  if (monitoring === null) throw new Error('the sample run is monitored')
  const checkpoints = monitoring.checkpoints.slice(0, 10)
  return { ...view, monitoring: { ...monitoring, checkpoints, nextAt: isoAfter(160) } }
}

describe('what a person sees who leaves watch open', () => {
  test('steps with ticks and durations, the next checkpoint, and latency against its limit', () => {
    const text = watchLines(monitored(), plain, { now: STARTED + 150 * 60_000, limitMs: 417 }).join('\n')
    expect(text).toContain('✔ Step 1: Final Pre-Migration Backup 5 min 54 s')
    expect(text).toContain('10 of 34 checkpoints')
    expect(text).toMatch(/latency [▁-█]{10} 507 ms of at most 417 ms/)
    expect(text).toContain('next checkpoint in 10 min')
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

  test('a checkpoint without data is a question mark, not a low bar', () => {
    expect(sparkline([100, undefined, 400], 400)).toBe('▃?█')
  })
})

describe('a picture that is redrawn in place', () => {
  const line = fc.array(fc.constantFrom('x', 'ä', ' ', '\u001B[31m', '\u001B[0m'), { maxLength: 300 })
  const size = fc.record({
    columns: fc.integer({ min: 2, max: 220 }),
    rows: fc.integer({ min: 4, max: 80 }),
  })

  test('never wraps and never scrolls, however small the terminal', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 100 }), size, (lines, terminal) => {
        const picture = fitPicture(
          lines.map((parts) => parts.join('')),
          terminal,
        )
        expect(rowsTaken(picture, terminal.columns)).toBe(picture.length)
        expect(picture.length).toBeLessThan(terminal.rows)
      }),
    )
  })

  test('keeps what it is about and what is to be done where rows are few', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`)
    expect(fitPicture(lines, { columns: 80, rows: 6 })).toEqual([
      'line 0',
      'line 1',
      '…',
      'line 28',
      'line 29',
    ])
  })

  test('is drawn over as a whole after the terminal became narrower', () => {
    const drawn = fitPicture(['x'.repeat(70), pc.createColors(true).red('y'.repeat(70)), 'z'], {
      columns: 100,
      rows: 40,
    })
    expect(rowsTaken(drawn, 40)).toBe(5)
  })
})
