import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Probed } from '../../../src/contract/assumptions.js'
import type { Check } from '../../../src/contract/run.js'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'
import { PRODUCTION_ID, projectFolder } from '../../config/project-folder.js'
import { runCli } from '../run-cli.js'

const MIGRATION = { 'migrations/0001_a.sql': 'CREATE TABLE a (id INTEGER);\n' }
const LOCAL = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n'
const production = (id = PRODUCTION_ID, more = ''): string =>
  `${LOCAL}\n[[env.production.d1_databases]]\nbinding = "DB"\ndatabase_name = "archive-production"\ndatabase_id = "${id}"\n${more}`
const PRODUCTION = ['--env', 'production']

interface SetUp {
  files: Record<string, string>
  args?: string[]
  env?: Record<string, string>
  /** The check that must see it, the words of its message, and of the way out. */
  check: string
  state?: Check['state']
  says: RegExp
  advises: RegExp
  code: number
}

let api: CloudflareApi
beforeAll(async () => {
  api = await startCloudflareApi({ databases: [{ id: PRODUCTION_ID, name: 'archive-production' }] })
})
afterAll(() => api.close())

/** What is wrong, and what the doctor must say of it. An old Node cannot be had here: it has a test of the rule alone. */
const BROKEN: [string, SetUp | (() => SetUp)][] = [
  [
    'no Wrangler file anywhere',
    {
      files: { 'readme.txt': '' },
      check: 'project',
      says: /No Wrangler file \(wrangler\.toml, wrangler\.json or wrangler\.jsonc\) in .*rünbook/,
      advises: /--project DIR/,
      code: 2,
    },
  ],
  [
    "the Wrangler file lies below, as in the runbook's project",
    {
      files: { 'src/workers/wrangler.toml': LOCAL },
      check: 'project',
      says: /src[\\/]workers[\\/]wrangler\.toml/,
      advises: /--project .*workers.*\{"wranglerConfig": "src/,
      code: 2,
    },
  ],
  [
    'a Wrangler file that cannot be read',
    {
      files: { 'wrangler.toml': '[[d1_databases]\nbinding = DB\n' },
      check: 'project',
      says: /wrangler\.toml/,
      advises: /./,
      code: 2,
    },
  ],
  [
    'a setting of runbook.config that does not exist',
    {
      files: {
        ...MIGRATION,
        'wrangler.toml': LOCAL,
        'runbook.config.json': '{"environments": {"local": {"healthurl": "https://example.com"}}}',
      },
      check: 'project',
      says: /runbook\.config\.json.*environments\.local.*healthurl|environments\.local[\s\S]*healthurl/,
      advises: /healthUrl|runbook\.config/,
      code: 2,
    },
  ],
  [
    'an environment that is not there',
    {
      files: { ...MIGRATION, 'wrangler.toml': production() },
      args: ['--env', 'prod'],
      check: 'environment',
      says: /prod[\s\S]*Did you mean "production"\?/,
      advises: /env\.prod/,
      code: 2,
    },
  ],
  [
    'a maintenance window that is over',
    {
      files: {
        ...MIGRATION,
        'wrangler.toml': LOCAL,
        'runbook.config.json':
          '{"environments": {"local": {"window": {"opensAt": "2026-03-08T22:00:00Z", "closesAt": "2026-03-09T00:00:00Z"}}}}',
      },
      check: 'window',
      says: /it is over: 2026-03-08 22:00:00 UTC to 2026-03-09 00:00:00 UTC/,
      advises: /runbook\.config[^]*--window START\/END/,
      code: 1,
    },
  ],
  [
    'two environments that name one database',
    {
      files: {
        ...MIGRATION,
        'wrangler.toml': production(
          PRODUCTION_ID,
          `[[env.staging.d1_databases]]\nbinding = "DB"\ndatabase_name = "s"\ndatabase_id = "${PRODUCTION_ID}"\n`,
        ),
      },
      args: PRODUCTION,
      check: 'distinct',
      says: new RegExp(`staging and production name the same database ${PRODUCTION_ID}`),
      advises: /own database_id in .*wrangler\.toml/,
      code: 1,
    },
  ],
  [
    'no migrations folder',
    {
      files: { 'wrangler.toml': LOCAL },
      check: 'migrations',
      says: /No migrations directory found/,
      advises: /migrations_dir.*d1_databases entry of .*wrangler\.toml.*d1-runbook create/,
      code: 1,
    },
  ],
  [
    'migrations_dir where Wrangler ignores it',
    {
      files: {
        'sql/0001_a.sql': 'SELECT 1;',
        'wrangler.toml': production().replace(
          '[[env.production',
          '[env.production]\nmigrations_dir = "sql"\n[[env.production',
        ),
      },
      args: PRODUCTION,
      check: 'migrations',
      says: /No migrations directory found[\s\S]*\[\[env\.production\.d1_databases\]\]/,
      advises: /migrations_dir|Move/,
      code: 1,
    },
  ],
  [
    'a Wrangler that is too old',
    {
      files: {
        ...MIGRATION,
        'wrangler.toml': LOCAL,
        'node_modules/wrangler/package.json': '{"version": "4.20.0", "bin": {"wrangler": "x.js"}}',
      },
      check: 'wrangler',
      says: /Wrangler 4\.20\.0 is older than 4\.33\.2/,
      advises: /npm install --save-dev wrangler@4/,
      code: 1,
    },
  ],
  [
    'a Temporal server that does not answer',
    {
      files: { ...MIGRATION, 'wrangler.toml': LOCAL },
      check: 'temporal',
      says: /does not answer at 127\.0\.0\.1:1/,
      advises: /TEMPORAL_ADDRESS/,
      code: 1,
    },
  ],
  [
    'a channel whose variable is not set',
    {
      files: {
        ...MIGRATION,
        'wrangler.toml': LOCAL,
        'runbook.config.json': '{"channels": [{"kind": "slack", "webhookUrlEnv": "RUNBOOK_TEAM_SLACK"}]}',
      },
      check: 'secrets',
      state: 'warned',
      says: /not set here: RUNBOOK_TEAM_SLACK/,
      advises: /worker's environment/,
      code: 1,
    },
  ],
  [
    'a credential that channels and headers may name',
    {
      files: {
        ...MIGRATION,
        'wrangler.toml': LOCAL,
        'runbook.config.json': '{"variables": ["PAGER", "AWS_SECRET_ACCESS_KEY"]}',
      },
      check: 'secrets',
      state: 'warned',
      says: /^"variables" opens AWS_SECRET_ACCESS_KEY to every channel/,
      advises: /Take it out of "variables"/,
      code: 1,
    },
  ],
  [
    'traces that are asked for by a protocol that is not spoken',
    {
      files: { ...MIGRATION, 'wrangler.toml': LOCAL },
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      check: 'traces',
      state: 'warned',
      says: /asked for, and not sent: they are sent by HTTP/,
      advises: /worker/,
      code: 1,
    },
  ],
  [
    'a token that is worth nothing',
    () => ({
      files: { ...MIGRATION, 'wrangler.toml': production() },
      args: PRODUCTION,
      env: { ...api.env, CLOUDFLARE_API_TOKEN: 'revoked-token-value' },
      check: 'authentication',
      says: /token|authenticat/i,
      advises: /CLOUDFLARE_API_TOKEN|wrangler login/,
      code: 1,
    }),
  ],
  [
    'a database that the account does not have',
    () => ({
      files: { ...MIGRATION, 'wrangler.toml': production('00000000-0000-4000-8000-00000000dead') },
      args: PRODUCTION,
      env: api.env,
      check: 'database',
      says: /00000000-0000-4000-8000-00000000dead|archive-production/,
      advises: /database_id|wrangler d1 list|account/,
      code: 1,
    }),
  ],
]

describe('the doctor leads to the fix of', () => {
  test.each(BROKEN)('%s', async (_, given) => {
    const {
      files,
      args = [],
      env,
      check,
      state = 'failed',
      says,
      advises,
      code,
    } = typeof given === 'function' ? given() : given
    const folder = projectFolder(files)
    const seen = await runCli(['doctor', '--json', ...args], folder, { D1_RUNBOOK_HOME: folder, ...env })
    const { success, checks } = JSON.parse(seen.stdout) as { success: boolean; checks: Check[] }
    const found = checks.find(({ name }) => name === check)
    expect(found?.message).toMatch(says)
    expect(found?.advice).toMatch(advises)
    expect(found?.state).toBe(state)
    // Each set-up has an unreachable Temporal at least.
    expect({ code: seen.code, success }).toEqual({ code, success: false })
    expect(seen.stdout + seen.stderr).not.toContain('revoked-token-value')
  })

  test("says whether a worker's charter is what the project says, and where it is not", async () => {
    const folder = projectFolder({ 'wrangler.toml': LOCAL, ...MIGRATION })
    const { stdout } = await runCli(['charter'], folder)
    writeFileSync(path.join(folder, 'charter.json'), stdout)
    const look = async (): Promise<Check | undefined> => {
      const seen = await runCli(['doctor', '--json', '--charter', 'charter.json'], folder)
      return (JSON.parse(seen.stdout) as { checks: Check[] }).checks.find(({ name }) => name === 'charter')
    }
    expect(await look()).toMatchObject({ state: 'passed' })
    writeFileSync(
      path.join(folder, 'charter.json'),
      stdout.replace('"timeZone": "UTC"', '"timeZone": "Asia/Tokyo"'),
    )
    expect(await look()).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('timeZone: the project has "UTC", the charter "Asia/Tokyo"'),
    })
  })

  test('what a run would carry to its final word as a gap is said before it', async () => {
    const gaps = async (config: object) => {
      const files = { 'wrangler.toml': LOCAL, 'runbook.config.json': JSON.stringify(config), ...MIGRATION }
      const { stdout } = await runCli(['doctor', '--json'], projectFolder(files))
      const { checks } = JSON.parse(stdout) as { checks: Check[] }
      const named = ['project-tests', 'error-rate', 'application-health']
      return checks.filter(({ name }) => named.includes(name)).map(({ name, state }) => `${name} ${state}`)
    }
    expect(await gaps({})).toEqual(['project-tests warned', 'error-rate warned', 'application-health warned'])
    const healthUrl = 'https://art.example/health'
    expect(await gaps({ testCommand: 'npm test', environments: { local: { healthUrl } } })).toEqual([
      'project-tests skipped',
      'error-rate warned',
    ])
  })

  test.each([
    [
      'a channel outside of the project',
      '{"channels": [{"kind": "file", "name": "log", "path": "../out.log"}]}',
    ],
    [
      'hardware keys without signatures',
      '{"environments": {"local": {"policy": {"requireSignatures": false, "gates": {"final": {"requirePresence": true}}}}}}',
    ],
  ])('tells one mistake of the configuration once: %s', async (_what, config) => {
    const folder = projectFolder({ ...MIGRATION, 'wrangler.toml': LOCAL, 'runbook.config.json': config })
    const { stdout, code } = await runCli(['doctor', '--json'], folder)
    const { checks } = JSON.parse(stdout) as { checks: Check[] }
    const wrong = checks.filter(({ name, state }) => state === 'failed' && name !== 'temporal')
    expect(wrong.map(({ name }) => name)).toEqual(['settings'])
    expect(
      checks.filter(({ message }) => message.startsWith('not looked at')).map(({ name }) => name),
    ).toEqual(['people', 'window', 'freezes', 'charter', 'secrets'])
    expect(code).toBe(1)
  })

  test('in lines for people, with the command that fits what was typed', async () => {
    const folder = projectFolder({ 'app/wrangler.toml': LOCAL, 'app/migrations/0001_a.sql': 'SELECT 1;' })
    const { stdout, code } = await runCli(['doctor', '--project', 'app'], folder)
    expect(stdout).toMatch(/✖ Temporal server: .*127\.0\.0\.1:1[\s\S]*→ /)
    expect(stdout).toContain('Not ready')
    expect(code).toBe(1)
  })
})

describe('doctor --live', () => {
  test('holds the assumptions against the account, keeps what it saw, and exits by it', async () => {
    const folder = projectFolder({ 'wrangler.toml': LOCAL })
    const held = { exportHoldMs: 1500, importHoldMs: 1500 }
    const options = { databases: [], ...held, splitter: { windowsLines: false } }
    const account = await startCloudflareApi(options)
    try {
      const out = path.join(folder, 'seen', 'golden.json')
      const { code, stdout } = await runCli(['doctor', '--live', '--json', '--out', out], folder, account.env)
      const { success, probes, ...more } = JSON.parse(stdout) as LiveDocument
      expect({ code, success, ...more }).toEqual({ code: 1, success: false, file: out, leftBehind: null })
      expect(probes.filter(({ ok }) => !ok)).toEqual([
        expect.objectContaining({
          expected: 'cut apart',
          seen: 'taken',
          assumption: expect.stringMatching(/line ends of Windows/),
        }),
      ])
      expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ version: 1, probes })
      expect(account.calls.length).toBeLessThan(110)
    } finally {
      await account.close()
    }
  })

  test('needs a token, and makes nothing without one', async () => {
    const { code, stderr } = await runCli(['doctor', '--live'], projectFolder({ 'wrangler.toml': LOCAL }))
    expect(code).toBe(2)
    expect(stderr).toContain('CLOUDFLARE_API_TOKEN')
  })
})

interface LiveDocument {
  success: boolean
  file: string
  leftBehind: string | null
  probes: Probed[]
}
