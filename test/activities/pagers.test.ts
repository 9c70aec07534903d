import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pagerApi, tellOpsgenie, tellPagerDuty, type Page } from '../../src/activities/pagers.js'
import { channelSchema, type Channel } from '../../src/contract/announcement.js'
import { noteMessage } from '../../src/runbook/messages.js'
import { GENIE_KEY, openPagers, ROUTING_KEY, type PagerStandIn } from './pager-stand-in.js'

const pagerDuty = channelSchema.parse({
  ...{ kind: 'pagerduty', routingKeyEnv: 'RUNBOOK_PAGERDUTY_KEY', apiUrlEnv: 'RUNBOOK_PAGER_API' },
}) as Extract<Channel, { kind: 'pagerduty' }>
const opsgenie = channelSchema.parse({
  ...{ kind: 'opsgenie', apiKeyEnv: 'RUNBOOK_OPSGENIE_KEY', apiUrlEnv: 'RUNBOOK_PAGER_API' },
}) as Extract<Channel, { kind: 'opsgenie' }>

let pagers: PagerStandIn
beforeEach(async () => {
  pagers = await openPagers()
})
afterEach(() => pagers.close())

const here = (env: Record<string, string> = {}) => ({
  env: {
    ...{ RUNBOOK_PAGERDUTY_KEY: ROUTING_KEY, RUNBOOK_OPSGENIE_KEY: GENIE_KEY, RUNBOOK_PAGER_API: pagers.url },
    ...env,
  },
  variables: [],
})
const page = (more: Partial<Page> = {}, title = 'Approval needed', details: string[] = []): Page => ({
  text: noteMessage({
    ...{ environment: 'production', database: { name: 'shop', id: 'id', remote: true } },
    ...{ title, details },
  }),
  ...{ at: '2026-01-02T03:04:05.000Z', gate: 'rollback', closes: false },
  run: { workflowId: 'migration/production/id', runId: 'run-1' },
  database: { name: 'shop', environment: 'production' },
  ...more,
})
const KEY = 'd1-runbook/run-1/rollback'

describe.each([
  ['PagerDuty', (told: Page, env = {}) => tellPagerDuty(here(env), pagerDuty, told)],
  ['Opsgenie', (told: Page, env = {}) => tellOpsgenie(here(env), opsgenie, told)],
] as const)('%s', (who, tell) => {
  test('a gate that asks is one alert, however often it does, and its end closes it', async () => {
    await tell(page())
    await tell(page({}, 'Still waiting'))
    expect([...pagers.alerts.keys()]).toEqual([KEY])
    expect(pagers.alerts.get(KEY)).toMatchObject({ open: true, times: 2 })
    expect(pagers.alerts.get(KEY)?.title).toContain('Still waiting (production')
    await tell(page({ closes: true }, 'Approved'))
    expect(pagers.alerts.get(KEY)?.open).toBe(false)
    await tell(page())
    expect(pagers.alerts.get(KEY)).toMatchObject({ open: true, times: 1 })
  })

  test('another gate and another run are other alerts', async () => {
    await tell(page())
    await tell(page({ gate: 'final' }))
    await tell(page({ run: { workflowId: 'migration/production/id', runId: 'run-2' } }))
    await tell(page({ closes: true }))
    expect([...pagers.alerts].filter(([, { open }]) => open).map(([key]) => key)).toEqual([
      'd1-runbook/run-1/final',
      'd1-runbook/run-2/rollback',
    ])
  })

  test('the end of what never asked is no failure', async () => {
    await tell(page({ closes: true }))
    expect(pagers.alerts.size).toBe(0)
  })

  test('texts of any length and kind fit', async () => {
    const long = ['🚨'.repeat(3_000), '\u001B[31m\u202E', '<!channel>'].join(' ')
    await tell(
      page({ database: { name: '🚨'.repeat(200), environment: '🚨'.repeat(90) } }, long, [long, long]),
    )
    expect(pagers.alerts.get(KEY)?.title).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|\u001B|\u202E/)
    await tell(page({ closes: true }, long, [long, long]))
    expect(pagers.alerts.get(KEY)?.open).toBe(false)
  })

  test.each([429, 500, 503])('%i may help to try again', async (status) => {
    pagers.refuse({ status })
    const error: unknown = await tell(page()).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ message: `${who} refused: ${status}` })
    expect(error).not.toHaveProperty('retryable', false)
  })

  test('a key that is none is told, and not tried again', async () => {
    const env = {
      RUNBOOK_PAGERDUTY_KEY: 'short-key-of-somebody',
      RUNBOOK_OPSGENIE_KEY: 'short-key-of-somebody',
    }
    const error: unknown = await tell(page(), env).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ type: 'ConfigInvalid', retryable: false })
    expect(String(error)).toMatch(/refused: 40[01], /)
    expect(String(error)).not.toContain('short-key-of-somebody')
  })
})

test('what an engineer on call needs stands in the alert', async () => {
  await tellPagerDuty(here(), { ...pagerDuty, severity: 'warning' }, page({}, 'Title', ['Ada, +49 1']))
  expect(pagers.alerts.get(KEY)?.fields).toMatchObject({
    ...{ severity: 'warning', source: 'production/shop', workflow: 'migration/production/id', run: 'run-1' },
    message: expect.stringContaining('Ada, +49 1') as string,
  })
  await tellOpsgenie(here(), { ...opsgenie, priority: 'P3' }, page({}, 'Title', ['Ada, +49 1']))
  expect(pagers.alerts.get(KEY)?.fields).toMatchObject({
    ...{ priority: 'P3', entity: 'shop', tags: ['d1-runbook', 'production'], gate: 'rollback' },
    description: expect.stringContaining('Ada, +49 1') as string,
  })
})

test.each([
  [{ ...pagerDuty, apiUrlEnv: undefined }, 'https://events.pagerduty.com'],
  [{ ...pagerDuty, apiUrlEnv: undefined, region: 'eu' as const }, 'https://events.eu.pagerduty.com'],
  [{ ...opsgenie, apiUrlEnv: undefined }, 'https://api.opsgenie.com'],
  [{ ...opsgenie, apiUrlEnv: undefined, region: 'eu' as const }, 'https://api.eu.opsgenie.com'],
])('%o is asked at %s', (channel, url) => {
  const { apiUrlEnv: _none, ...rest } = channel
  expect(pagerApi(rest, here())).toBe(url)
})
