import { Terminal } from '@xterm/headless'
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { planScreen } from '../../src/cli/commands/plan.js'
import { watchPicture } from '../../src/cli/commands/watch.js'
import { blockLines, blockPieces } from '../../src/cli/terminal/block.js'
import { arrange } from '../../src/cli/terminal/picture.js'
import { promptRows } from '../../src/cli/terminal/prompts.js'
import { runLines, shownLines, whoAndUntil } from '../../src/cli/terminal/run-text.js'
import { plain } from '../../src/contract/command-line.js'
import { command, type Words } from '../../src/contract/next-command.js'
import type { GateView, RunView } from '../../src/contract/run.js'
import { planView } from '../../src/runbook/plan-view.js'
import { fourRuns } from '../runbook/four-runs.js'
import { isoAfter, samplePlan, sampleRun, STARTED } from '../runbook/sample-run.js'

const SIZES = [
  [120, 40],
  [80, 24],
  [40, 20],
] as const

const colors = pc.createColors(true)
const output = (columns: number) => ({
  colors,
  live: true,
  columns: () => columns,
  text: (words: Words) => plain(words),
  block: (words: Words, at = {}) =>
    blockLines(words, { columns, ...at }, { typed: {}, shell: 'posix' as const }),
  pieces: (words: Words, at = {}) =>
    blockPieces(words, { columns, ...at }, { typed: {}, shell: 'posix' as const }),
})

/** What a terminal of that size shows after these bytes: every row, also those that have scrolled away, above the line. */
async function shown(bytes: string, [cols, rows]: readonly [number, number]): Promise<string> {
  const terminal = new Terminal({ cols, rows, scrollback: 5000, convertEol: true, allowProposedApi: true })
  await new Promise<void>((done) => {
    terminal.write(bytes, done)
  })
  const { active } = terminal.buffer
  const seen = Array.from({ length: active.length }, (_, at) => active.getLine(at))
  const text = seen.map(
    (line) => `${line?.isWrapped === true ? '↩' : ''}${line?.translateToString(true) ?? ''}`,
  )
  const above = text.slice(0, active.baseY)
  const fold = above.length === 0 ? [] : ['─'.repeat(cols)]
  return `${[...above, ...fold, ...text.slice(active.baseY)].join('\n').trimEnd()}\n`
}

const [gatePlan, ...others] = sampleRun().gates.filter(({ gate }) => gate === 'plan')
if (gatePlan === undefined || others.length > 0) throw new Error('the sample run has one gate plan')
const OPEN: GateView = {
  ...gatePlan,
  state: 'open',
  decisions: [],
  openedAt: isoAfter(14),
  expiresAt: isoAfter(90),
  who: {
    ...{ roles: ['team-lead'], approvals: 1, missing: 1 },
    people: [
      { name: 'Ada Lovelace', roles: ['team-lead'], contact: '@ada' },
      { name: 'Bo', roles: ['team-lead'], excluded: 'requester' },
    ],
  },
  plan: planView(samplePlan(), {
    baseline: ['health: median 209 ms, limit 417 ms, 0 % errors (20 samples)'],
    answersForWayBack: true,
  }),
}

/** At the gate `plan`, a quarter of an hour after its start. */
function atPlan(): RunView {
  const { closedAt: _closed, ...view } = sampleRun({ outcome: null, phase: 'execute', monitoring: null })
  const behind: readonly string[] = ['validate', 'monitor', 'close']
  return {
    ...view,
    message: 'waiting for a decision at the gate plan',
    timeZone: 'America/New_York',
    migrations: view.migrations.map((one) => ({ ...one, state: 'pending', durationMs: null })),
    steps: view.steps.map(({ step, ...one }) => {
      if (step === 'execute') return { step, state: 'running', startedAt: isoAfter(14) }
      return behind.includes(step) ? { step, state: 'waiting' } : { step, ...one }
    }),
    gates: view.gates.map((one) => {
      if (one.gate === 'plan') return OPEN
      return ['final', 'team-confirmation'].includes(one.gate)
        ? { ...one, state: 'waiting', decisions: [] }
        : one
    }),
  }
}

const now = STARTED + 15 * 60_000
const SCREENS: Record<string, (size: readonly [number, number]) => string> = {
  watch: ([columns, rows]) =>
    arrange(watchPicture(atPlan(), output(columns), { now }), { columns, rows }).join('\n'),
  'watch-breach': ([columns, rows]) => {
    const { view } = fourRuns().breach
    const at = STARTED + 225 * 60_000
    return arrange(watchPicture(view, output(columns), { now: at, limitMs: 410 }), { columns, rows }).join(
      '\n',
    )
  },
  show: ([columns]) =>
    runLines(atPlan(), colors, now)
      .flatMap((line) => output(columns).block(line))
      .join('\n'),
  plan: ([columns, rows]) =>
    planScreen(samplePlan(), output(columns), { columns, rows })
      .map((row) => plain(row))
      .join('\n'),
  prompt: ([columns, rows]) => {
    const { head, below } = promptRows('Migration Plan Review: Confirm migrations to apply', {
      shows: [...whoAndUntil(OPEN, atPlan()), ...shownLines(OPEN, colors)],
      block: output(columns).block,
      again: { ...command('show'), environment: 'production' },
      columns: columns - 3,
      rows,
    })
    return [`◇  ${head}`, ...below.map((row) => (row === '' ? '│' : `│  ${row}`))].join('\n')
  },
}

test.each([
  [true, ['Next:', '  d1-runbook start --wait --env production']],
  [
    false,
    [
      'No Temporal server is known here. First, in another terminal:',
      '  d1-runbook dev',
      'Next:',
      '  d1-runbook start --wait --env production',
    ],
  ],
])('where a Temporal server is known: %s, the plan says what to type next', (known, next) => {
  const rows = planScreen(samplePlan(), output(300), undefined, known).map((row) => plain(row))
  expect(rows.slice(2, 2 + next.length)).toEqual(next)
})

describe.each(Object.entries(SCREENS))('%s in a terminal', (name, screen) => {
  test.each(SIZES)('%ix%i', async (...size) => {
    const text = await shown(`${screen(size)}\n`, size)
    // What the terminal itself broke is a path, and stays one word to copy.
    for (const [, row = ''] of text.matchAll(/\n(.*)\n↩/g)) expect(row).toMatch(/\//)
    if (name.startsWith('watch')) expect(text).not.toContain('─'.repeat(size[0]))
    const commands = text.replaceAll(/ \\\n│? */g, ' ')
    if (name === 'watch' || name === 'show') {
      expect(commands).toMatch(/^ *d1-runbook approve plan --env production$/m)
      expect(commands).toMatch(/^ *d1-runbook reject plan --env production$/m)
    }
    // What has scrolled away can be had again.
    if (name === 'prompt')
      expect(/d1-runbook show --env production$/m.test(commands)).toBe(text.includes('─'.repeat(size[0])))
    if (name === 'watch-breach')
      for (const way of ['none', 'reverse-migration', 'time-travel', 'restore-backup'])
        expect(commands).toMatch(
          new RegExp(`^ *d1-runbook rollback --strategy ${way} --env production$`, 'm'),
        )
    await expect(text).toMatchFileSnapshot(`screens/${name}-${size.join('x')}.txt`)
  })
})
