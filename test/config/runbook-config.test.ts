import { generateHybridIdentity, generateIdentity, identityToRecipient } from 'age-encryption'
import { describe, expect, test } from 'vitest'
import { runbookConfigJsonSchema } from '../../src/config/json-schema.js'
import { charterOf } from '../../src/config/charter.js'
import { loadProject } from '../../src/config/project.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { newHardwareKey, newSshKey } from '../runbook/people/ssh-keys.js'
import { resolveRequestSettings, testCommandOf } from '../../src/config/settings.js'
import { configTemplate } from '../../src/config/template.js'
import { RunbookError } from '../../src/contract/failures.js'
import { projectFolder, THREE_ENVIRONMENTS } from './project-folder.js'
import { formatted } from '../formatted.js'

const load = (config: unknown) =>
  loadProject({
    projectDir: projectFolder({
      'wrangler.toml': THREE_ENVIRONMENTS,
      'runbook.config.json': JSON.stringify(config),
    }),
  })

async function problemOf(config: unknown): Promise<string> {
  const error: unknown = await load(config).catch((caught: unknown) => caught)
  if (!(error instanceof RunbookError)) throw new Error('the configuration was accepted')
  expect(error.type).toBe('ConfigInvalid')
  return error.message
}

describe('who archives are sealed to', () => {
  const sealedTo = (...recipients: string[]) => ({ environments: { production: { backup: { recipients } } } })

  test('a secret key is refused, and repeated nowhere', async () => {
    for (const secret of [await generateIdentity(), await generateHybridIdentity()])
      for (const written of [secret, secret.toLowerCase(), ` ${secret}`]) {
        const problem = await problemOf(sealedTo(written))
        expect(problem).toContain('a secret key stands here')
        expect(problem.toLowerCase()).not.toContain(secret.slice(20, 40).toLowerCase())
      }
  })

  test('public keys are taken, each once', async () => {
    const keys = await Promise.all(
      [await generateIdentity(), await generateHybridIdentity()].map(identityToRecipient),
    )
    const { config } = await load(sealedTo(...keys))
    expect(config.environments['production']?.backup.recipients).toEqual(keys)
    expect(await problemOf(sealedTo(keys[0] ?? '', keys[0] ?? ''))).toContain('each public key once')
    const [broken = ''] = keys.map((key) => `${key.slice(0, -1)}${key.endsWith('q') ? 'p' : 'q'}`)
    expect(await problemOf(sealedTo(broken))).toContain('a public key of age')
    // Nobody is named by an empty list: without the setting archives stay readable, and that is to be meant.
    expect(await problemOf(sealedTo())).toContain('recipients')
  })
})

describe('a mistake says the path, what was found and what is allowed', () => {
  test.each([
    [
      { freezes: [{ from: '2026-12-20', to: '2026-12-26', reason: 'holidays\n✔ approved by Ada' }] },
      'allowed: one line of characters that show',
    ],
    ...[
      { people: [{ name: 'Ada\n✔ approved' }] },
      { people: [{ name: 'Ada', contact: 'ada@example.org\u001B[2K' }] },
      { contacts: [{ role: 'DBA', name: 'Ada', contact: '+1 555\r\n🚨 call nobody' }] },
      { channels: [{ kind: 'terminal', name: 'ops\nall clear' }] },
      { environments: { staging: { channels: [{ kind: 'file', name: 'a\u200Bb', path: 'log' }] } } },
      { environments: { 'stag\ning': {} } },
    ].map((config): [object, string] => [config, 'allowed: one line of characters that show']),
    [{ taimZone: 'UTC' }, 'taimZone: unknown setting. Did you mean "timeZone"?'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone: found "Mars/Olympus", allowed: an IANA time zone'],
    ...['d1-runbook', 'D1 Runb00k'].map((name): [object, string] => [
      { people: [{ name: 'Ada' }, { name }] },
      `people[1].name: found "${name}", allowed: a name that is not the tool's own`,
    ]),
    [{ people: 'Ada' }, 'people: found "Ada", allowed: array'],
    ...[
      'webauthn-es256 AAAA id=x rp=localhost origin=http://localhost:7433 Ada',
      newPasskey().publicKey.replace(/ (\S{20})\S+ id=/, ' $1 id='),
      newPasskey().publicKey.replace('origin=http://', 'origin=https://example.com,http://'),
      'ssh-ed25519 AAAA',
      newSshKey().publicKey.replace(/ (\S{60})\S+ test$/, ' $1'),
      newSshKey().publicKey.replace('ssh-ed25519', 'sk-ssh-ed25519@openssh.com'),
      newHardwareKey('sk-ecdsa-sha2-nistp256@openssh.com').publicKey.replace(/\S{8} test$/, ' test'),
    ].map((line): [object, string] => [
      { people: [{ name: 'Ada', publicKeys: [line] }] },
      `people[0].publicKeys[0]: found "${line.slice(0, 11)}`,
    ]),
    [
      { people: [{ name: 'Ada', publicKeys: ['webauthn-es256 AAAA'] }] },
      'or "webauthn-es256 KEY id=ID rp=DOMAIN origin=PAGE name" of a passkey',
    ],
    [
      { channels: [{ kind: 'pager' }] },
      'channels[0].kind: found "pager", allowed: "terminal", "file", "slack", "slack-app", "webhook"',
    ],
    [{ channels: [{ kind: 'slack' }] }, 'channels[0].webhookUrlEnv: found nothing, allowed: string'],
    [
      { environments: { production: { updateEvery: 'soon' } } },
      'environments.production.updateEvery: found "soon", allowed: a duration such as',
    ],
    [
      { environments: { production: { backup: { recipients: ['age1qqqq'] } } } },
      'environments.production.backup.recipients[0]: found "age1qqqq", allowed: a public key of age',
    ],
    [{ environments: { production: { policy: { gates: { plann: {} } } } } }, 'Did you mean "plan"?'],
    [
      { environments: { production: { policy: { gates: { plan: { approvals: 0 } } } } } },
      'environments.production.policy.gates.plan.approvals: found 0',
    ],
    [
      { channels: [{ kind: 'slack', webhookUrlEnv: 'CLOUDFLARE_API_TOKEN' }] },
      'channels[0]: found "CLOUDFLARE_API_TOKEN", allowed: variables that begin with RUNBOOK_',
    ],
    [
      {
        environments: { staging: { channels: [{ kind: 'webhook', urlEnv: 'RUNBOOK_A', secretEnv: 'KEY' }] } },
      },
      'environments.staging.channels[0]: found "KEY", allowed: variables that begin with RUNBOOK_',
    ],
    [
      {
        environments: {
          staging: {
            monitoring: {
              probes: [{ kind: 'http', name: 'h', url: 'http://a/', headers: { a: 'env:GITHUB_TOKEN' } }],
            },
          },
        },
      },
      'environments.staging.monitoring.probes[0]: found "GITHUB_TOKEN", allowed: variables that begin with RUNBOOK_',
    ],
    [
      { storage: { kind: 's3', bucket: 'archives', secretEnv: 'CLOUDFLARE_API_TOKEN' } },
      'storage: found "CLOUDFLARE_API_TOKEN", allowed: variables that begin with RUNBOOK_',
    ],
    [
      { environments: { production: { storage: { kind: 's3', bucket: 'archives', keyIdEnv: 'AWS_KEY' } } } },
      'environments.production.storage: found "AWS_KEY", allowed: variables that begin with RUNBOOK_',
    ],
    [{ storage: { kind: 's3', bucket: 'archives', endpoint: 'http://r2.example' } }, 'an https address'],
    [
      { variables: ['CLOUDFLARE_API_TOKEN'] },
      'variables[0]: found "CLOUDFLARE_API_TOKEN", allowed: variables that',
    ],
    [{ variables: ['A B'] }, 'variables[0]: found "A B", allowed: the name of a variable'],
    [{ environments: { production: { wranglerEnv: 'prodution' } } }, 'Did you mean "production"?'],
  ])('%j', async (config, said) => {
    expect(await problemOf(config)).toContain(said)
  })

  test('a config that throws is named, not shown as a bug of ours', async () => {
    const projectDir = projectFolder({ 'wrangler.toml': '', 'runbook.config.mjs': 'throw new Error("no")\n' })
    await expect(loadProject({ projectDir })).rejects.toMatchObject({ type: 'ConfigInvalid' })
  })

  test('two configs are refused: which one holds would be a guess', async () => {
    const projectDir = projectFolder({
      'wrangler.toml': '',
      'runbook.config.json': '{}',
      'runbook.config.yaml': '',
    })
    await expect(loadProject({ projectDir })).rejects.toMatchObject({ type: 'ConfigInvalid' })
  })
})

describe('settings of a request', () => {
  test('without a config the runbook holds: 34 checkpoints, people decide in production', async () => {
    const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': THREE_ENVIRONMENTS }) })
    const settings = resolveRequestSettings(project, 'production')
    expect(settings.monitoring.offsetsMs).toHaveLength(34)
    expect(settings.monitoring.thresholds).toMatchObject({ responseTimeFactor: 2, consecutiveBreaches: 2 })
    expect(Object.values(settings.policy.gates).some(({ automatic }) => automatic)).toBe(false)
    expect(settings.policy.automaticRollback).toBe(false)
    expect(settings.monitoring.probes.map(({ kind }) => kind)).toEqual([
      'connectivity',
      'stability',
      'backup',
    ])
  })

  test('what the config says replaces the default, and nothing beside it', async () => {
    const project = await load({
      timeZone: 'Europe/Berlin',
      testCommand: 'npm run  test',
      environments: {
        production: {
          healthUrl: 'https://example.com/health',
          policy: { gates: { plan: { approvals: 2, deadline: '4h' } } },
          monitoring: { schedule: ['5m', '1h'], thresholds: { errorRateIncrease: 0.1 } },
          backup: { keep: 3, maxAge: '12h' },
          window: { opensAt: '2026-03-01T22:00:00+01:00', closesAt: '2026-03-02T00:00:00+01:00' },
        },
      },
    })
    const settings = resolveRequestSettings(project, 'production')
    expect(settings.policy.gates.plan).toMatchObject({
      approvals: 2,
      deadlineMs: 14_400_000,
      requesterMayApprove: true,
    })
    expect(settings.policy.gates.final.approvals).toBe(1)
    expect(settings.monitoring).toMatchObject({
      offsetsMs: [300_000, 3_600_000],
      thresholds: { errorRateIncrease: 0.1, responseTimeFactor: 2 },
    })
    expect(settings.monitoring.probes[0]).toMatchObject({ kind: 'http', url: 'https://example.com/health' })
    expect(settings).toMatchObject({ keepBackups: 3, recentBackupMs: 43_200_000, timeZone: 'Europe/Berlin' })
    expect(settings.window).toEqual({
      opensAt: '2026-03-01T21:00:00.000Z',
      closesAt: '2026-03-01T23:00:00.000Z',
    })
    expect(testCommandOf(project)).toEqual(['npm', 'run', 'test'])
    expect(resolveRequestSettings(project, 'staging').keepBackups).toBe(14)
  })

  test('freezes of the project and of the environment hold together, in the zone, in the request and the charter', async () => {
    const project = await load({
      timeZone: 'America/New_York',
      // Over the change to summer time.
      freezes: [{ from: '2026-03-07', to: '2026-03-08', reason: 'sale' }],
      environments: {
        production: {
          timeZone: 'Europe/Berlin',
          freezes: [{ from: '2026-12-20T18:00', to: '2027-01-04T06:00:00Z', reason: 'year end' }],
        },
      },
    })
    const yearEnd = {
      from: '2026-12-20T17:00:00.000Z',
      until: '2027-01-04T06:00:00.000Z',
      reason: 'year end',
    }
    expect(resolveRequestSettings(project, 'production').freezes).toEqual([
      { from: '2026-03-06T23:00:00.000Z', until: '2026-03-08T23:00:00.000Z', reason: 'sale' },
      yearEnd,
    ])
    expect(resolveRequestSettings(project, 'staging').freezes).toEqual([
      { from: '2026-03-07T05:00:00.000Z', until: '2026-03-09T04:00:00.000Z', reason: 'sale' },
    ])
    const { charter } = charterOf(project, ['production'])
    expect(charter.environments[0]?.freezes).toContainEqual(yearEnd)
    // Without any, charter and request are what they were.
    expect(resolveRequestSettings(await load({}), 'production')).not.toHaveProperty('freezes')
  })

  test.each([
    [{ from: '2026-02-30', to: '2026-03-01', reason: 'x' }, /freeze "x": there is no day 2026-02-30/],
    [{ from: '2026-03-02', to: '2026-03-01', reason: 'x' }, /"x": it ends before it begins/],
    [{ from: '2026-03-08T02:30', to: '2026-03-09', reason: 'x' }, /does not exist in America\/New_York/],
    [{ from: '2026-11-01', to: '2026-11-01T01:30', reason: 'x' }, /comes twice in America\/New_York/],
  ])('the freeze %j is refused when the project is read', async (freeze, message) => {
    const timeZone = 'America/New_York'
    await expect(load({ timeZone, freezes: [freeze] })).rejects.toThrow(message)
    await expect(load({ environments: { staging: { timeZone, freezes: [freeze] } } })).rejects.toThrow(
      message,
    )
  })

  test.each(['tomorrow', '2026-3-1', '2026-12-20 18:00', '2026-12-20T18', ''])(
    'a freeze from %j is refused when the file is read',
    async (from) => {
      await expect(load({ freezes: [{ from, to: '2027-01-01', reason: 'x' }] })).rejects.toThrow(/freezes/)
    },
  )

  test('hardware keys are asked for at final and rollback of production once all who decide there have one', async () => {
    const asked = async (keys: { Ada: string[]; Bea: string[] }, policy: object): Promise<string[]> => {
      const people = Object.entries(keys).map(([name, publicKeys]) => ({ name, roles: ['dba'], publicKeys }))
      const project = await load({ people, environments: { production: { policy } } })
      const { gates } = resolveRequestSettings(project, 'production').policy
      return Object.entries(gates).flatMap(([gate, { requirePresence }]) => (requirePresence ? [gate] : []))
    }
    const device = [newHardwareKey().publicKey]
    const file = [newSshKey().publicKey]
    const signed = { requireSignatures: true }
    expect(await asked({ Ada: device, Bea: device }, signed)).toEqual(['final', 'rollback'])
    expect(await asked({ Ada: device, Bea: file }, signed)).toEqual([])
    // Without signatures there is nothing that a device could show.
    expect(await asked({ Ada: device, Bea: device }, {})).toEqual([])
    const off = { ...signed, gates: { rollback: { requirePresence: false } } }
    expect(await asked({ Ada: device, Bea: device }, off)).toEqual(['final'])
    const on = { ...signed, gates: { plan: { requirePresence: true } } }
    expect(await asked({ Ada: device, Bea: file }, on)).toEqual(['plan'])
    await expect(
      asked({ Ada: device, Bea: device }, { gates: { plan: { requirePresence: true } } }),
    ).rejects.toMatchObject({ type: 'ConfigInvalid', message: expect.stringContaining("'plan'") })
  })

  test('queries and commands may have several lines, and names any letters', async () => {
    const query = 'histogram_quantile(\n  0.95, m)'
    const written = {
      people: [
        { name: 'Zoë عائشة 👩‍🚒 می‌خواهم', contact: '☎️ 12', publicKeys: [`  ${newSshKey().publicKey}`] },
        { name: 'Bob', publicKeys: [newHardwareKey().publicKey, newPasskey().publicKey] },
        { name: 'Eve', publicKeys: [newHardwareKey('sk-ecdsa-sha2-nistp256@openssh.com').publicKey] },
      ],
      queries: [{ name: 'newest', sql: 'SELECT *\n\tFROM a' }],
      testCommand: ['node', '-e', 'test()\nmore()'],
      environments: {
        staging: {
          monitoring: {
            probes: [{ kind: 'prometheus', name: 'p', url: 'http://a/', query, measures: 'latencyMs' }],
          },
        },
      },
    }
    const { config } = await load(written)
    expect(config.people.map(({ name }) => name)).toEqual(written.people.map(({ name }) => name))
    expect(config.environments['staging']?.monitoring.probes).toMatchObject([{ query }])
  })

  test('null is a value that a probe may expect', async () => {
    const probes = [{ kind: 'sql', name: 'none', sql: 'SELECT NULL', expect: null }]
    const project = await load({ environments: { local: { monitoring: { probes } } } })
    expect(resolveRequestSettings(project, 'local').monitoring.probes.at(-1)).toMatchObject({ expect: null })
  })
})

test.each(['ts', 'mjs'] as const)('what init writes as %s is valid as it is', async (extension) => {
  const content = configTemplate(
    { teamLead: "Ada 'the' Lead", healthUrl: 'https://example.com/health' },
    extension,
  )
  const projectDir = projectFolder({
    'wrangler.toml': THREE_ENVIRONMENTS,
    [`runbook.config.${extension}`]: content,
  })
  const project = await loadProject({ projectDir })
  expect(project.config.people[0]?.name).toBe("Ada 'the' Lead")
})

test('the published JSON schema is the one of the code (refresh: vitest -u)', async () => {
  const text = await formatted('runbook.config.schema.json', JSON.stringify(runbookConfigJsonSchema()))
  await expect(text).toMatchFileSnapshot('../../schema/runbook.config.schema.json')
})

describe('the console', () => {
  const ada = { name: 'Ada', roles: ['dba'] }
  const access = {
    issuer: 'https://team.cloudflareaccess.com',
    audience: 'f00d',
    people: { 'ada@example.com': 'ada' },
  }
  const signIn = (more: object) => ({ people: [ada], console: { signIn: { ...access, ...more } } })

  test('knows where Cloudflare Access has its keys, and how it names them', async () => {
    expect((await load(signIn({}))).config.console.signIn).toEqual({
      ...access,
      ...{ header: 'Cf-Access-Jwt-Assertion', claim: 'email', algorithms: ['RS256', 'ES256'] },
      keys: 'https://team.cloudflareaccess.com/cdn-cgi/access/certs',
    })
    const own = { issuer: 'https://id.example.com/', keys: 'https://id.example.com/keys' }
    expect((await load(signIn(own))).config.console.signIn).toMatchObject(own)
    expect(
      (await load(signIn({ keys: 'http://127.0.0.1:8080/keys' }))).config.console.signIn?.keys,
    ).toContain('8080')
    expect((await load({})).config.console).toEqual({})
  })

  test.each<[string, object, RegExp]>([
    ['an issuer whose keys nobody knows', { issuer: 'https://id.example.com' }, /keys.*jwks_uri/],
    [
      'an issuer that only looks like Access',
      { issuer: 'https://team.cloudflareaccess.com.evil.example' },
      /jwks_uri/,
    ],
    ['keys that anybody on the way can change', { keys: 'http://id.example.com/keys' }, /begins with https/],
    ['keys by another protocol', { keys: 'file:///etc/keys' }, /begins with https/],
    ['a signature without a key', { algorithms: ['none'] }, /allowed: /],
    ['a signature with a shared secret', { algorithms: ['HS256'] }, /allowed: /],
    ['no way of signing', { algorithms: [] }, /algorithms/],
    ['the header that browsers set', { header: 'Cookie' }, /the name of a header that a proxy sets/],
    ['a header that is none', { header: 'a b' }, /the name of a header/],
    [
      'somebody who is nobody in people',
      { people: { 'eve@example.com': 'Eve' } },
      /a name that stands in `people`/,
    ],
  ])('refuses %s', async (_what, more, said) => {
    expect(await problemOf(signIn(more))).toMatch(said)
  })
})
