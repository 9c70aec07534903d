import { describe, expect, test } from 'vitest'
import { buildRequest } from '../../src/client/request.js'
import { openContext } from '../../src/config/context.js'
import { projectFolder, THREE_ENVIRONMENTS } from '../config/project-folder.js'

async function build(
  config: object,
  options: Partial<Parameters<typeof buildRequest>[1]> = {},
  more: object = {},
) {
  const project = projectFolder({
    'wrangler.toml': THREE_ENVIRONMENTS,
    'migrations/0001_first.sql': 'CREATE TABLE a (id INTEGER);',
    'runbook.config.json': JSON.stringify({ ...more, environments: { production: config } }),
  })
  const context = await openContext({ env: 'production', project })
  return buildRequest(context, {
    requester: 'Ada',
    preApproved: false,
    window: undefined,
    timeScale: undefined,
    attested: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...options,
  })
}
const usage = (message: RegExp): unknown =>
  expect.objectContaining({ type: 'ConfigInvalid', message: expect.stringMatching(message) })

describe('the name of the requester', () => {
  test.each([
    ['one that is too long', 'N'.repeat(201), /has 201 characters; 200 are the most\.$/],
    ['none', ' ', /is empty\.$/],
  ])('is asked for anew: %s', async (_name, requester, said) => {
    await expect(build({}, { requester })).rejects.toEqual(usage(said))
  })

  test('may be of any characters', async () => {
    const odd = `\u001B[2J\u202E<!channel> ${'N'.repeat(180)}`
    expect((await build({}, { requester: odd })).requester).toBe(odd)
  })
})

describe('a window that is over is refused before anything starts', () => {
  test('from the command line', async () => {
    await expect(build({}, { window: '2025-03-08T03:00Z/2h' })).rejects.toEqual(usage(/is over/))
  })

  test('from the configuration', async () => {
    const window = { opensAt: '2025-03-08T03:00:00Z', closesAt: '2025-03-08T05:00:00Z' }
    await expect(build({ window })).rejects.toEqual(usage(/closed 2025-03-08 05:00 UTC/))
  })
})

describe('attestations', () => {
  const policy = { attestations: ['pull-request-reviewed', 'team-notified'] }

  test('that the policy asks for are demanded by name', async () => {
    await expect(build({ policy }, { attested: ['team-notified'] })).rejects.toEqual(
      usage(/PR reviewed and approved\.$/),
    )
  })

  test('that are left unanswered are asked again by the command as it was typed', async () => {
    const typed = { window: '2199-03-08T03:00Z/2h', timeScale: 60, attested: ['team-notified'] }
    const left = build({ policy }, { ...typed, ask: () => Promise.resolve(null) })
    await expect(left).rejects.toMatchObject({
      type: 'Declined',
      adviceWords: [
        'Begin again: ',
        {
          ...{ command: 'start', environment: 'production' },
          args: [
            ...['--requester', 'Ada', '--window', '2199-03-08T03:00Z/2h'],
            ...['--time-scale', '60', '--attest', 'team-notified'],
          ],
        },
      ],
    })
  })

  test('may be skipped for a reason, which travels into the report with the name', async () => {
    const { evidence } = await build(
      { policy },
      { attested: ['team-notified'], skipped: ['pull-request-reviewed= hot fix = tonight'] },
    )
    expect(evidence.slice(2)).toMatchObject([
      { name: 'team-notified', state: 'attested', actor: 'Ada', at: expect.stringMatching(/Z$/) },
      {
        name: 'pull-request-reviewed',
        title: 'PR reviewed and approved',
        state: 'skipped',
        message: 'skipped by Ada: hot fix = tonight',
      },
    ])
  })

  test('that production expects stand as warnings where nobody is there to ask, and are never refused', async () => {
    const { evidence } = await build({}, { attested: ['plan-documented'] })
    // Without a test command nobody knows whether the tests pass: a gap, not a line that was left out on purpose.
    const [tests, ...open] = evidence.filter(({ state }) => state === 'warned')
    expect(tests).toMatchObject({
      name: 'project-tests',
      message: expect.stringContaining('no test command is configured'),
    })
    expect(open.map(({ name }) => name)).toEqual(['pull-request-reviewed', 'staging-tested', 'team-notified'])
    expect(open[0]).toMatchObject({ message: expect.stringContaining('not attested') })
    const none = await build({ policy: { attestations: [] } })
    expect(none.evidence.filter(({ state }) => state === 'warned')).toEqual([tests])
  })

  test('are asked for in a terminal; who leaves the questions starts nothing', async () => {
    const asked: string[] = []
    const { evidence } = await build(
      { stagingEnvironment: 'staging' },
      {
        ask: (lines, { demanded }) => {
          asked.push(...lines, String(demanded))
          return Promise.resolve({
            attested: ['plan-documented'],
            skipped: [{ line: 'team-notified', reason: 'a team of one' }],
          })
        },
      },
    )
    // Staging is proven by a run there; there are no ways back to review yet.
    expect(asked).toEqual(['pull-request-reviewed', 'plan-documented', 'team-notified', 'false'])
    expect(evidence.map(({ name, state }) => `${name} ${state}`)).toEqual(
      expect.arrayContaining([
        'plan-documented attested',
        'team-notified skipped',
        'pull-request-reviewed warned',
      ]),
    )
    await expect(build({}, { ask: () => Promise.resolve(null) })).rejects.toMatchObject({ type: 'Declined' })
  })

  test('are never skipped without a reason, nor under another name', async () => {
    await expect(build({ policy }, { skipped: ['team-notified='] })).rejects.toEqual(usage(/needs a reason/))
    await expect(build({ policy }, { skipped: ['team-notifed=x'] })).rejects.toEqual(usage(/team-notifed/))
    await expect(build({ policy }, { attested: ['toString'] })).rejects.toEqual(usage(/toString/))
  })
})

describe('the command that knows whether the pull request was reviewed', () => {
  const exits = (code: number) => ({
    reviewCommand: [process.execPath, '-e', `console.log("state: pending"); process.exit(${code})`],
  })

  test('proves the line, so nobody is asked for it', async () => {
    const { evidence } = await build({}, {}, exits(0))
    const lines = evidence.filter(({ name }) => name === 'pull-request-reviewed')
    expect(lines).toMatchObject([{ state: 'passed', message: expect.stringContaining('output SHA-256') }])
  })

  test('that fails starts nothing and shows its output, unless the line is skipped for a reason', async () => {
    await expect(build({}, { attested: ['pull-request-reviewed'] }, exits(1))).rejects.toMatchObject({
      type: 'ChecksFailed',
      message: expect.stringContaining('state: pending'),
    })
    const { evidence } = await build({}, { skipped: ['pull-request-reviewed=hot fix'] }, exits(1))
    expect(evidence.find(({ name }) => name === 'pull-request-reviewed')?.state).toBe('skipped')
  })
})

test('signatures that nobody could give are refused before anything waits for them', async () => {
  await expect(build({ policy: { requireSignatures: true } })).rejects.toEqual(usage(/who can sign/))
})
