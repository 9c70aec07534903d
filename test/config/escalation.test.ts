import { describe, expect, test } from 'vitest'
import { loadProject } from '../../src/config/project.js'
import { resolveRequestSettings } from '../../src/config/settings.js'
import { projectFolder, THREE_ENVIRONMENTS } from './project-folder.js'

const PEOPLE = [
  { name: 'Ada', roles: ['on-call'] },
  { name: 'Bea', roles: ['team-lead'] },
  { name: 'Cay', roles: ['reader'] },
]

/** The chain of a gate as the configuration resolves it; rejects as the command line refuses it. */
async function chainOf(gate: 'rollback' | 'final', config: object) {
  const projectDir = projectFolder({
    'wrangler.toml': THREE_ENVIRONMENTS,
    'runbook.config.json': JSON.stringify({
      ...{
        people: PEOPLE,
        channels: [{ kind: 'terminal' }, { kind: 'pagerduty', routingKeyEnv: 'RUNBOOK_KEY' }],
      },
      ...config,
    }),
  })
  const project = await loadProject({ projectDir })
  return resolveRequestSettings(project, 'production').policy.gates[gate].escalation
}
const withSteps = (escalation: object[], gate: 'rollback' | 'final' = 'rollback') =>
  chainOf(gate, { environments: { production: { policy: { gates: { [gate]: { escalation } } } } } })

describe('the chain of a gate', () => {
  test('is none where nobody configured one', async () => {
    expect(await chainOf('rollback', {})).toBeUndefined()
    expect(await chainOf('final', { onCall: ['Ada'] })).toBeUndefined()
  })

  test('is in the order of time, whatever order it was written in', async () => {
    const chain = await withSteps([
      { after: '10m', to: ['team-lead'], channels: ['pagerduty'] },
      { after: '0m', to: ['Ada'] },
    ])
    expect(chain).toEqual([
      { afterMs: 0, to: ['Ada'] },
      { afterMs: 600_000, to: ['team-lead'], channels: ['pagerduty'] },
    ])
  })

  test('is onCall at rollback, one after the other; that of the environment holds', async () => {
    expect(await chainOf('rollback', { onCall: ['Bea', 'ada'] })).toEqual([
      { afterMs: 0, to: ['Bea'] },
      { afterMs: 600_000, to: ['ada'] },
    ])
    const environments = { production: { onCall: ['Ada'] } }
    expect(await chainOf('rollback', { onCall: ['Bea'], environments })).toEqual([
      { afterMs: 0, to: ['Ada'] },
    ])
  })
})

describe('whom nobody could reach, and by what, is refused where it is read', () => {
  test.each([
    [{ after: '5m', to: ['Zoe'] }, /is to reach "Zoe": no person has that name or role/],
    [{ after: '5m', to: ['Ada', 'nobody'] }, /is to reach "nobody"/],
    [
      { after: '5m', to: ['Ada'], channels: ['pager'] },
      /names the channel "pager", which is none of production/,
    ],
  ])('%j', async (step, said) => {
    await expect(withSteps([step])).rejects.toThrow(said)
    await expect(withSteps([step], 'final')).rejects.toThrow(said)
  })

  test.each([
    [{ after: 'soon', to: ['Ada'] }],
    [{ after: '5m', to: [] }],
    [{ after: '5m' }],
    [{ after: '5m', to: ['Ada'], by: 'phone' }],
  ])('%j is no step', async (step) => {
    await expect(withSteps([step])).rejects.toMatchObject({ type: 'ConfigInvalid' })
  })

  test.each(['Zoe', 'Cay', 'on-call'])('onCall: %s may not decide there', async (name) => {
    await expect(chainOf('rollback', { onCall: [name] })).rejects.toThrow(
      `onCall names "${name}", who may not decide at the gate 'rollback' of production`,
    )
  })
})

test.each<[object]>([
  [{ kind: 'pagerduty' }],
  [{ kind: 'pagerduty', routingKeyEnv: 'CLOUDFLARE_API_TOKEN' }],
  [{ kind: 'pagerduty', routingKeyEnv: 'RUNBOOK_KEY', severity: 'fatal' }],
  [{ kind: 'opsgenie', apiKeyEnv: 'RUNBOOK_KEY', priority: 'P0' }],
  [{ kind: 'opsgenie', apiKeyEnv: 'RUNBOOK_KEY', region: 'moon' }],
  ...[
    { server: 'smtp://user:password@smtp.example.com' },
    { userEnv: 'RUNBOOK_USER' },
    { userEnv: 'RUNBOOK_USER', passwordEnv: 'CLOUDFLARE_API_TOKEN' },
    { to: ['Team <team@example.com>'] },
  ].map((more): [object] => [
    {
      ...{ kind: 'email', server: 'smtp://smtp.example.com', from: 'a@example.com', to: ['b@example.com'] },
      ...more,
    },
  ]),
])('%j is no channel', async (channel) => {
  await expect(chainOf('rollback', { channels: [channel] })).rejects.toMatchObject({ type: 'ConfigInvalid' })
})
