import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { isAlive } from '../../src/process/process-identity.js'
import { hold } from '../../src/d1/backup/holds.js'
import { connectClient } from '../../src/temporal/connection.js'
import { readDevRecord } from '../../src/temporal/dev-record.js'
import { projectFolder } from '../config/project-folder.js'
import { buildIfStale, launchService, untilSays } from '../e2e/processes.js'

beforeAll(buildIfStale)

const shop = () =>
  projectFolder({
    'wrangler.toml':
      '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n' +
      '[env.production]\n[[env.production.d1_databases]]\nbinding = "DB"\ndatabase_name = "live"\n' +
      'database_id = "11111111-2222-4333-8444-555555555555"\n',
    'migrations/0001_a.sql': 'CREATE TABLE a (x TEXT);\n',
  })

/** `dev` in a project, once its worker polls. */
async function dev(folder: string, env: Record<string, string> = {}) {
  const running = launchService(['dev', '--project', folder], env)
  await untilSays(running, /Worker +polls/)
  const server = readDevRecord(folder)?.pid ?? 0
  expect(isAlive(server)).toBe(true)
  return { running, server }
}

test('an environment that there is not is refused before anything is started', async () => {
  const folder = shop()
  const { exitCode, stderr } = await launchService(['dev', '--project', folder, '--env', 'prodution'], {})
  expect(exitCode).toBe(2)
  expect(stderr).toContain('Did you mean "production"?')
  expect(readDevRecord(folder)).toBeUndefined()
})

test.skipIf(process.platform === 'win32')(
  'closing the terminal of `dev` ends its Temporal server with it, in order, however often it is said',
  async () => {
    const folder = shop()
    const { running, server } = await dev(folder, { D1_RUNBOOK_METRICS: '0' })
    const told = await untilSays(running, /Metrics +http\S+/)
    const metrics = await fetch(/Metrics +(\S+)/.exec(told)?.[1] ?? '')
    expect(await metrics.text()).toContain('d1_runbook_')
    running.kill('SIGHUP')
    running.kill('SIGHUP')
    const { exitCode, stderr } = await running
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('Stopped.') as string,
    })
    expect(isAlive(server)).toBe(false)
    expect(readDevRecord(folder)).toBeUndefined()
    expect(readFileSync(path.join(folder, '.d1-runbook', '.gitignore'), 'utf8')).toBe('*\n')
  },
)

test('`dev` names the runs that it begins with', async () => {
  const folder = shop()
  const first = await dev(folder)
  const session = await connectClient({ projectDir: folder })
  const workflowId = 'migration/local/archive'
  await session.client.workflow.start('productionMigration', { workflowId, taskQueue: 'nobody', args: [] })
  await session.close()
  first.running.kill('SIGTERM')
  expect((await first.running).stderr).not.toContain('Under way')
  // A run of before the server was lost, of which an archive tells.
  const backups = path.join(folder, 'backups')
  mkdirSync(backups, { recursive: true })
  const archive = 'backup-production-2026-03-08-220314.zip'
  writeFileSync(path.join(backups, archive), '')
  await hold(backups, { by: 'production-20260308-220000-deadbeef', files: [archive] })
  const second = await dev(folder)
  await untilSays(second.running, /deadbeef/)
  second.running.kill('SIGTERM')
  const { stderr } = await second.running
  expect(stderr).toMatch(/Under way +migration\/local\/archive, since 20/)
  expect(stderr).toContain('production: Unfinished: the run production-20260308-220000-deadbeef holds')
})

test('`dev` in a copy of a project leaves the server and the runs of the original alone', async () => {
  const [original, copy] = [shop(), shop()]
  const first = await dev(original)
  cpSync(path.join(original, '.d1-runbook'), path.join(copy, '.d1-runbook'), { recursive: true })
  const second = await dev(copy)
  expect(second.server).not.toBe(first.server)
  expect(isAlive(first.server)).toBe(true)
  second.running.kill('SIGTERM')
  const { stderr } = await second.running
  expect(stderr).toContain(`it was made for ${realpathSync(original)}, where its runs go on`)
  expect(stderr).not.toContain('left behind')
  expect(readDevRecord(original)?.pid).toBe(first.server)
  first.running.kill('SIGTERM')
  await first.running
  expect(existsSync(path.join(original, '.d1-runbook', 'temporal.db'))).toBe(true)
})
