import { expect, test } from 'vitest'
import { identityTyped, nextLines, wayPrice, wholePlanHash } from '../../../src/cli/commands/decide.js'
import { plain } from '../../../src/contract/command-line.js'
import type { RollbackStrategy } from '../../../src/contract/policy.js'
import { command, commandsIn } from '../../../src/contract/next-command.js'
import { sampleRun } from '../../runbook/sample-run.js'

const PLAN = `9e004295a953${'0'.repeat(52)}`

test.each<[string, string | undefined, string | null, string | undefined]>([
  ['the twelve digits that are shown', '9e004295a953', PLAN, PLAN],
  ['the same in capitals', '9E004295A953', PLAN, PLAN],
  ['the whole hash', PLAN, PLAN, PLAN],
  ['fewer digits: for the run to refuse', '9e0042', PLAN, '9e0042'],
  ['those of another plan: for the run to refuse', '111111111111', PLAN, '111111111111'],
  ['a run without a plan', '9e004295a953', null, '9e004295a953'],
  ['nothing', undefined, PLAN, undefined],
])('a plan is named by %s', (_what, typed, current, sent) => {
  expect(wholePlanHash(typed, current)).toBe(sent)
})

/** A run at the gate `plan`, which two team leads must approve; Ada has, Bo requested it. */
function halfApproved(roles: string[]) {
  const run = sampleRun()
  const gates = run.gates.map((one) =>
    one.gate === 'plan'
      ? {
          ...one,
          state: 'open' as const,
          decisions: [
            {
              gate: 'plan' as const,
              decision: 'approve' as const,
              actor: 'Ada',
              decisionId: '1',
              at: run.startedAt,
            },
          ],
          who: {
            roles,
            approvals: 2,
            missing: 1,
            people: [
              { name: 'Ada', roles, excluded: 'same-person' as const },
              { name: 'Bo', roles, excluded: 'requester' as const },
              { name: 'Cy', roles },
            ],
          },
        }
      : one,
  )
  return { ...run, outcome: null, gates }
}

test.each<[string, string, string[], boolean]>([
  ['who has approved already', 'Ada', ['team-lead'], false],
  ['the same in another spelling', ' ada', ['team-lead'], false],
  ['who requested the run', 'Bo', ['team-lead'], false],
  ['who holds no such role', 'Di', ['team-lead'], false],
  ['who may', 'Cy', ['team-lead'], true],
  ['anybody, where the gate asks for no role', 'Di', [], true],
])('the next gate is offered to those who may approve it: %s', (_what, actor, roles, offered) => {
  const lines = nextLines(halfApproved(roles), actor)
  expect(lines.flatMap(commandsIn).map((one) => one.command)).toEqual(offered ? ['approve', 'reject'] : [])
  if (!offered) expect(lines.map((line) => plain(line)).join('\n')).toContain('Cy')
})

test('whoever said on the line who they are, and with which key, is the same one in what to type next', () => {
  const identity = identityTyped({ actor: 'Cy', signKey: '../cy' })
  const typed = nextLines(halfApproved([]), 'Cy', identity).flatMap(commandsIn)
  expect(typed.map(({ args }) => args)).toEqual([
    ['plan', '--actor', 'Cy', '--sign-key', '../cy'],
    ['plan', '--actor', 'Cy', '--sign-key', '../cy'],
  ])
  expect(identityTyped({ signKey: 'k' })).toEqual(['--sign-key', 'k'])
  expect(identityTyped({})).toEqual([])
})

const TRAVEL = {
  strategy: 'time-travel',
  title: 'Time Travel',
  available: true,
  price: ['as of 2026-01-02 03:04 UTC: 3 rows written since'],
  command: { command: 'rollback', args: ['--strategy', 'time-travel'] },
} as const
const told = (change: { available?: boolean } = {}) => ({
  outcome: null,
  rollbackOptions: [{ ...TRAVEL, price: [...TRAVEL.price], command: command('rollback'), ...change }],
})
const choose = (strategy: RollbackStrategy) => ({ gate: 'rollback', decision: 'approve', strategy }) as const

test('what a way back costs is said before it is chosen, as the run told it, or as not known', () => {
  expect(wayPrice(choose('time-travel'), told())).toEqual({
    title: 'What time-travel costs, as the run told last',
    lines: ['as of 2026-01-02 03:04 UTC: 3 rows written since'],
  })
  const unknown = {
    title: 'What restore-backup costs',
    lines: ['it is not counted yet: the run tells it where it asks, at the gate rollback'],
  }
  expect(wayPrice(choose('restore-backup'), told())).toEqual(unknown)
  expect(wayPrice(choose('restore-backup'), { outcome: null })).toEqual(unknown)
})

test('nothing is asked where nothing is taken back', () => {
  expect(wayPrice(choose('none'), told())).toBeUndefined()
  expect(wayPrice(choose('time-travel'), told({ available: false }))).toBeUndefined()
  expect(wayPrice(choose('time-travel'), { ...told(), outcome: 'failed' })).toBeUndefined()
  expect(wayPrice({ gate: 'rollback', decision: 'reject' }, told())).toBeUndefined()
  expect(wayPrice({ gate: 'plan', decision: 'approve' }, told())).toBeUndefined()
})
