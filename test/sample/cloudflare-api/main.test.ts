import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Cloudflare from 'cloudflare'
import { execa } from 'execa'
import { beforeAll, expect, test } from 'vitest'
import { buildIfStale, builtModule } from '../../e2e/processes.js'

const MAIN = fileURLToPath(builtModule('sample/cloudflare-api/main.js'))
beforeAll(buildIfStale)

const ID = '00000000-0000-4000-8000-0000000000d0'

test('the API as a process prints its three variables, serves, keeps its folder and ends when told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-main-'))
  try {
    await whileServing(folder, async (sdk, account) => {
      await sdk.d1.database.query(ID, { ...account, sql: 'CREATE TABLE kept(a)' })
    })
    await whileServing(folder, async (sdk, account) => {
      const { result } = await sdk.d1.database.query(ID, {
        ...account,
        sql: 'SELECT count(*) AS n FROM kept',
      })
      expect(result[0]?.results).toEqual([{ n: 0 }])
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function whileServing(
  folder: string,
  ask: (sdk: Cloudflare, account: { account_id: string }) => Promise<void>,
): Promise<void> {
  const server = execa(process.execPath, [MAIN, '--dir', folder, '--database', `demo=${ID}`], {
    reject: false,
  })
  const variables = await printed(server.stdout, 3)
  const account = { account_id: variables['CLOUDFLARE_ACCOUNT_ID'] ?? '' }
  const sdk = new Cloudflare({
    apiToken: variables['CLOUDFLARE_API_TOKEN'] ?? '',
    baseURL: variables['CLOUDFLARE_API_BASE_URL'] ?? '',
    maxRetries: 0,
  })
  try {
    await ask(sdk, account)
  } finally {
    server.kill('SIGTERM')
    await server
  }
}

/** The first `count` lines `NAME=value` of what the process prints. */
async function printed(output: Readable, count: number): Promise<Record<string, string>> {
  const variables: Record<string, string> = {}
  const lines = createInterface({ input: output })
  await new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const [name = '', value = ''] = line.split('=')
      variables[name] = value
      if (Object.keys(variables).length === count) resolve()
    })
    lines.on('close', resolve)
  })
  return variables
}

test('as a process it says what it can be switched to, and takes what a live run saw', async () => {
  const { stdout } = await execa(process.execPath, [MAIN, '--help'])
  expect(stdout).toMatch(/--as FILE[\s\S]*--splitter LIST/)
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-main-'))
  try {
    const file = join(folder, 'golden.json')
    writeFileSync(file, '{"version": 2, "probes": []}')
    const refused = await execa(process.execPath, [MAIN, '--as', file], { reject: false })
    expect(refused.exitCode).not.toBe(0)
    expect(refused.stderr).toContain('version')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
