import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPrerequisites } from '../../src/activities/prerequisites.js'
import { defaultHome, contextFor } from '../../src/activities/worker-place.js'
import { plain } from '../../src/contract/command-line.js'
import { resolveTarget } from '../../src/config/target.js'
import { loadProject } from '../../src/config/project.js'
import type { Channel } from '../../src/contract/announcement.js'
import type { Probe } from '../../src/contract/monitoring.js'
import type { Check } from '../../src/contract/run.js'
import { projectFolder } from '../config/project-folder.js'

const BARE = {
  'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n',
  'migrations/0001_a.sql': 'CREATE TABLE a (id);\n',
}
const wrangler = (version: string) => ({
  'node_modules/wrangler/package.json': JSON.stringify({ version, bin: { wrangler: 'bin/wrangler.js' } }),
})

const webhook = createServer((_, response) => response.writeHead(405).end())
let address = ''
beforeAll(async () => {
  await new Promise<void>((ready) => webhook.listen(0, '127.0.0.1', ready))
  address = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook/s3cret`
})
afterAll(() => webhook.close())

async function look(
  files: Record<string, string>,
  input: { channels?: Channel[]; probes?: Probe[]; env?: NodeJS.ProcessEnv; dashboardUrl?: string } = {},
): Promise<(name: string) => Check | undefined> {
  const project = await loadProject({ projectDir: projectFolder({ ...BARE, ...files }) })
  const here = contextFor(defaultHome({ env: input.env ?? {} }), resolveTarget(project, 'local'))
  const { target } = here
  const seen = await checkPrerequisites(here, { channels: [], ...input, target }).then(
    ({ checks }) => checks,
    (error: unknown) => (error as { details: { checks: Check[] } }).details.checks,
  )
  return (name) => seen.find((check) => check.name === name)
}

describe('Wrangler', () => {
  test('that applies files of equal number in no order is warned of, with the way to a newer one', async () => {
    const check = (await look(wrangler('4.50.0')))('wrangler')
    expect(check).toMatchObject({ state: 'warned', advice: 'npm install --save-dev wrangler@4' })
    expect(check?.message).toContain('equal number')
  })

  test('older than the runbook demands stops the run', async () => {
    expect((await look(wrangler('4.20.0')))('wrangler')?.state).toBe('failed')
  })

  const withPattern = (pattern: string) => ({
    'wrangler.toml': `${BARE['wrangler.toml']}migrations_dir = "db"\nmigrations_pattern = "db/${pattern}"\n`,
  })

  test.each(['*/migration.sql', '**/*.sql', '{*.sql,*/*.sql}', '*', '.*.sql'])(
    'that does not know migrations_pattern stops a run whose files it names by db/%s',
    async (pattern) => {
      const check = (await look({ ...wrangler('4.97.0'), ...withPattern(pattern) }))('wrangler')
      expect(check).toMatchObject({ state: 'failed', advice: expect.stringContaining('wrangler@4') })
      expect(check?.message).toContain('4.98.0')
      expect((await look({ ...wrangler('4.98.0'), ...withPattern(pattern) }))('wrangler')?.state).toBe(
        'passed',
      )
    },
  )

  test('that does not know migrations_pattern is fine for one that names what it takes without', async () => {
    expect((await look({ ...wrangler('4.97.0'), ...withPattern('*.sql') }))('wrangler')?.state).toBe('passed')
  })

  test('of today is fine', async () => {
    expect((await look(wrangler('4.150.0')))('wrangler')?.state).toBe('passed')
  })
})

describe('the dashboard', () => {
  test('is looked at, and one that does not answer is told without ending the run', async () => {
    const dashboard = async (dashboardUrl: string) => (await look({}, { dashboardUrl }))('dashboard')?.state
    expect(await dashboard(address)).toBe('passed')
    expect(await dashboard('http://127.0.0.1:1/')).toBe('warned')
    expect((await look({}))('dashboard')?.state).toBe('skipped')
  })
})

describe('channels and variables', () => {
  const hook: Channel = { kind: 'webhook', name: 'team', urlEnv: 'RUNBOOK_HOOK' }

  test('a variable that the worker lacks stops the run, by name: of a channel, of a probe', async () => {
    const probe: Probe = {
      kind: 'http',
      name: 'health',
      url: 'http://127.0.0.1:1/',
      critical: true,
      timeoutMs: 1,
      expectStatus: 200,
      headers: { authorization: 'env:RUNBOOK_HEALTH_TOKEN', accept: 'text/plain' },
    }
    const check = (await look({}, { channels: [hook], probes: [probe] }))('variables')
    expect(check).toMatchObject({
      state: 'failed',
      message: 'the worker has no RUNBOOK_HOOK, RUNBOOK_HEALTH_TOKEN',
    })
  })

  test('a variable that may not be named stops the run, whatever it holds, and nobody is asked with it', async () => {
    const stolen: Channel = { kind: 'webhook', name: 'team', urlEnv: 'CLOUDFLARE_API_TOKEN' }
    const seen = await look({}, { channels: [stolen], env: { CLOUDFLARE_API_TOKEN: address } })
    expect(seen('variables')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('CLOUDFLARE_API_TOKEN is a credential'),
    })
    expect(seen('channels')?.state).toBe('passed')
  })

  test('a webhook that answers, whatever it says, can be reached', async () => {
    const check = (await look({}, { channels: [hook], env: { RUNBOOK_HOOK: address } }))('channels')
    expect(check).toMatchObject({ state: 'passed', message: 'team' })
  })

  test.each([
    ['http://127.0.0.1:65533/hook/s3cret', 'team: connection refused'],
    ['s3cret', 'team: RUNBOOK_HOOK holds no address'],
  ])('a dead one warns, and its address is not told', async (url, why) => {
    const check = (await look({}, { channels: [hook], env: { RUNBOOK_HOOK: url } }))('channels')
    expect(check).toMatchObject({ state: 'warned', message: expect.stringContaining(why) })
    expect(JSON.stringify(check)).not.toContain('s3cret')
  })
})

describe('a channel of mail', () => {
  const mail: Channel = {
    ...{ kind: 'email', name: 'mail', server: 'smtp://127.0.0.1:65533', from: 'a@example.com' },
    ...{ to: ['b@example.com'], userEnv: 'RUNBOOK_USER', passwordEnv: 'RUNBOOK_PASSWORD' },
  }

  test('whose server is not there warns', async () => {
    const env = { RUNBOOK_USER: 'somebody', RUNBOOK_PASSWORD: 's3cret' }
    const check = (await look({}, { channels: [mail], env }))('channels')
    const why = 'mail: 127.0.0.1 cannot be reached: connection refused'
    expect(check).toMatchObject({ state: 'warned', message: expect.stringContaining(why) })
    expect(JSON.stringify(check)).not.toContain('s3cret')
  })

  test('whose login the worker lacks stops the run', async () => {
    const check = (await look({}, { channels: [mail], env: { RUNBOOK_USER: 'somebody' } }))('variables')
    expect(check).toMatchObject({ state: 'failed', message: 'the worker has no RUNBOOK_PASSWORD' })
  })
})

describe('a run that was left unfinished', () => {
  const ARCHIVE = 'backups/backup-local-2026-03-08-220314.zip'
  const held = { [ARCHIVE]: '', [`${ARCHIVE}.local-1.held`]: JSON.stringify({ run: 'local-1' }) }

  test('is told by what it holds, with the way on', async () => {
    const check = (await look(held))('left-unfinished')
    expect(check).toMatchObject({ state: 'warned', message: expect.stringContaining(path.basename(ARCHIVE)) })
    expect(check?.message).toMatch(/the run local-1 holds .* since \d{4}-\d\d-\d\d \d\d:\d\d UTC,/)
    expect(check?.title).toBe('Left unfinished')
    expect(plain(check?.advice ?? '')).toContain('adopt-run')
  })

  test.each<[string, Record<string, string>]>([
    ['nothing is kept', {}],
    ['it let go', { [ARCHIVE]: '' }],
    [
      'another environment holds its own',
      { 'backups/backup-next-2026-03-08-220314.zip.a.held': '{"run":"a"}' },
    ],
    ['the archive is gone', { [`${ARCHIVE}.local-1.held`]: '{"run":"local-1"}' }],
  ])('is not told where %s', async (_what, files) => {
    expect((await look(files))('left-unfinished')).toBeUndefined()
  })
})
