import { describe, expect, test } from 'vitest'
import { runbookConfigSchema } from '../../src/config/schema.js'
import { slackDesks } from '../../src/cli/commands/slack-desks.js'

const CHANNEL = { kind: 'slack-app', tokenEnv: 'RUNBOOK_SLACK_TOKEN', channel: 'C0123456789' }
const DECISIONS = { console: 'https://runbook.example.com', signingSecretEnv: 'RUNBOOK_SLACK_SIGNING_SECRET' }

const read = (config: object) => runbookConfigSchema.safeParse(config)
const withDecisions = (decisions: object) => read({ channels: [{ ...CHANNEL, decisions }] })

describe('where messages of Slack lead', () => {
  test.each([
    'https://runbook.example.com',
    'https://runbook.example.com:7433',
    'http://localhost:7433',
    'https://[::1]',
  ])('%s', (console) => {
    expect(withDecisions({ ...DECISIONS, console }).success).toBe(true)
  })

  test.each([
    'http://runbook.example.com',
    'https://runbook.example.com/',
    'https://runbook.example.com/console',
    'https://user@runbook.example.com',
    'javascript:alert(1)',
    'runbook.example.com',
    '',
  ])('%j is no console', (console) => {
    expect(withDecisions({ ...DECISIONS, console }).success).toBe(false)
  })

  test('both are said, or none, and the secret is the name of a variable that may be named', () => {
    expect(withDecisions({ console: DECISIONS.console }).success).toBe(false)
    expect(withDecisions({ ...DECISIONS, signingSecretEnv: 'CLOUDFLARE_API_TOKEN' }).success).toBe(false)
    expect(withDecisions({ ...DECISIONS, signingSecretEnv: 'SLACK_SECRET' }).success).toBe(false)
    expect(withDecisions({ ...DECISIONS, secret: 'x' }).success).toBe(false)
  })
})

describe('the Slack user of a person', () => {
  test.each(['U0123456789', 'W0123456789'])('%s', (slack) => {
    expect(read({ people: [{ name: 'Ada', slack }] }).success).toBe(true)
  })

  test.each(['@ada', 'ada', 'u0123456789', 'C0123456789', '<@U0123456789>', ''])('%j is none', (slack) => {
    expect(read({ people: [{ name: 'Ada', slack }] }).success).toBe(false)
  })

  test('belongs to one person', () => {
    const [ada, bea] = [
      { name: 'Ada', slack: 'U0123456789' },
      { name: 'Bea', slack: 'U0123456789' },
    ]
    expect(read({ people: [ada, bea] }).success).toBe(false)
    expect(read({ people: [ada, { ...bea, slack: 'U0123456780' }] }).success).toBe(true)
  })
})

test('a console knows each channel once, of every environment, and which secret it lacks', () => {
  const config = runbookConfigSchema.parse({
    channels: [{ ...CHANNEL, decisions: DECISIONS }, { kind: 'terminal' }],
    environments: {
      production: {
        channels: [
          { ...CHANNEL, decisions: DECISIONS },
          {
            ...CHANNEL,
            channel: 'C0123456780',
            decisions: { ...DECISIONS, signingSecretEnv: 'RUNBOOK_OTHER' },
          },
          { ...CHANNEL, channel: 'C0123456781' },
        ],
      },
    },
  })
  const env = { RUNBOOK_SLACK_SIGNING_SECRET: 'secret' }
  expect(slackDesks({ config }, env)).toEqual({
    desks: [{ channel: 'C0123456789', secret: 'secret', api: undefined }],
    missing: ['RUNBOOK_OTHER'],
  })
})
