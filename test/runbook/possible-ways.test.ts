import { describe, expect, test } from 'vitest'
import { plain } from '../../src/contract/command-line.js'
import { commandsIn } from '../../src/contract/next-command.js'
import type { Decision } from '../../src/contract/decision.js'
import type { RollbackOption } from '../../src/contract/rollback.js'
import type { GateView, RunView } from '../../src/contract/run.js'
import { howToRollBack, insteadOf, whyNotThisWay } from '../../src/runbook/possible-ways.js'

type Strategy = RollbackOption['strategy']
const ALL: Strategy[] = ['reverse-migration', 'time-travel', 'restore-backup']
const waysWith = (possible: Strategy[]): RollbackOption[] =>
  ALL.map((strategy) => ({
    strategy,
    title: strategy,
    available: possible.includes(strategy),
    price: [`because of ${strategy}`],
    command: { command: 'rollback', args: ['--strategy', strategy], environment: 'production' },
  }))
const choose = (strategy: Decision['strategy'], more: Partial<Decision> = {}) => ({
  gate: 'rollback' as const,
  decision: 'approve' as const,
  strategy,
  ...more,
})

describe('a way back that is not possible is refused with its reason and what is possible', () => {
  test.each<[string, Strategy, Strategy[], string]>([
    [
      'Time Travel of a local database',
      'time-travel',
      ['reverse-migration', 'restore-backup'],
      'reverse-migration, restore-backup, none',
    ],
    [
      'a reverse where none exists',
      'reverse-migration',
      ['time-travel', 'restore-backup'],
      'time-travel, restore-backup, none',
    ],
    ['a restore without an archive', 'restore-backup', ['time-travel'], 'time-travel, none'],
    ['the only other way', 'time-travel', ['restore-backup'], 'restore-backup, none'],
    ['any, where there is none', 'reverse-migration', [], 'none'],
  ])('%s', (_what, strategy, possible, named) => {
    const refused = whyNotThisWay(choose(strategy), waysWith(possible))
    expect(refused?.reason).toBe(`'${strategy}' is not possible: because of ${strategy}; possible: ${named}`)
    const advice = plain(refused?.advice ?? '')
    expect(advice).toContain('rollback --strategy none')
    expect(advice).not.toContain(`--strategy ${strategy}`)
    for (const next of commandsIn(refused?.advice ?? '')) expect(next.environment).toBe('production')
  })

  test.each<[string, ReturnType<typeof choose>, RollbackOption[] | undefined]>([
    ['a way that is possible', choose('time-travel'), waysWith(['time-travel'])],
    ['to stay as it is', choose('none'), waysWith([])],
    ['a decline', choose('time-travel', { decision: 'reject' }), waysWith([])],
    ['another gate', choose('time-travel', { gate: 'final' }), waysWith([])],
    ['a run that does not say which ways there are', choose('time-travel'), undefined],
    ['no way named', choose(undefined), waysWith(['reverse-migration'])],
  ] as never)('not refused: %s', (_what, decision, ways) => {
    expect(whyNotThisWay(decision, ways)).toBeUndefined()
  })
})

const gate = (name: GateView['gate'], state: GateView['state']): GateView => ({
  gate: name,
  state,
  shows: [],
  decisions: [],
})

describe('what is advised for a rollback would not be refused', () => {
  const view = { environment: 'production', outcome: null, migrations: [] as RunView['migrations'] }
  test('while the team confirms: decline first', () => {
    const gates = [gate('rollback', 'waiting'), gate('team-confirmation', 'open')]
    expect(plain(insteadOf('rollback', { gates }) ?? '')).toContain('reject team-confirmation')
    expect(plain(howToRollBack({ ...view, gates }))).not.toContain('--strategy')
  })

  test('at the open gate: the ways that are possible', () => {
    const gates = [gate('rollback', 'open')]
    const told = plain(howToRollBack({ ...view, gates, rollbackOptions: waysWith(['restore-backup']) }))
    expect(told.match(/--strategy \S+/g)).toEqual(['--strategy restore-backup', '--strategy none'])
  })

  test.each([
    ['before anything is applied', [gate('rollback', 'waiting'), gate('final', 'open')]],
    ['after the team confirmed', [gate('rollback', 'waiting'), gate('team-confirmation', 'approved')]],
  ])('%s: only where to look', (_when, gates) => {
    expect(insteadOf('rollback', { gates })).toBeUndefined()
    expect(plain(howToRollBack({ ...view, gates }))).toMatch(/d1-runbook show --env production/)
  })

  const file = (state: RunView['migrations'][number]['state']) => ({
    name: '0001_a.sql',
    sha256: 'a',
    state,
    durationMs: null,
  })
  test.each([
    ['completed', 'applied', true],
    ['completed-unhealthy', 'applied', true],
    ['failed', 'applied', true],
    ['failed', 'absent', false],
    ['aborted', 'pending', false],
    ['rolled-back', 'taken-back', false],
    [null, 'applied', false],
  ] as const)(
    'of a run that is %s with a file that is %s, a new file takes it back: %s',
    (outcome, state, so) => {
      const told = plain(howToRollBack({ ...view, outcome, gates: [], migrations: [file(state)] }))
      expect(told.includes('d1-runbook create-rollback --env production')).toBe(so)
      expect(told).toContain('d1-runbook show --env production')
    },
  )

  test('another gate is not answered with it', () => {
    expect(insteadOf('final', { gates: [gate('team-confirmation', 'open')] })).toBeUndefined()
  })
})
