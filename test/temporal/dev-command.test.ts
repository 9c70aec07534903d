import { cpSync, existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { isAlive } from '../../src/process/process-identity.js'
import { readDevRecord } from '../../src/temporal/dev-record.js'
import { projectFolder } from '../config/project-folder.js'
import { buildIfStale, launchService, untilSays } from '../e2e/processes.js'

beforeAll(buildIfStale, 120_000)

const shop = () =>
  projectFolder({
    'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n',
    'migrations/0001_a.sql': 'CREATE TABLE a (x TEXT);\n',
  })

/** `dev` in a project, once its worker polls. */
async function dev(folder: string) {
  const running = launchService(['dev', '--project', folder], {})
  await untilSays(running, /Worker +polls/)
  const server = readDevRecord(folder)?.pid ?? 0
  expect(isAlive(server)).toBe(true)
  return { running, server }
}

test.skipIf(process.platform === 'win32')(
  'closing the terminal of `dev` ends its Temporal server with it, in order, however often it is said',
  async () => {
    const folder = shop()
    const { running, server } = await dev(folder)
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
  120_000,
)

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
}, 180_000)
