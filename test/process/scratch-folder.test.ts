import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execaNode } from 'execa'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useTypeScriptProcesses } from '../analysis/own-process.js'

const ENTRY = fileURLToPath(new URL('scratch-entry.ts', import.meta.url))

useTypeScriptProcesses()

let tmp: string
beforeEach(() => {
  tmp = mkdtempSync(join(tmpdir(), 'd1-runbook-swept '))
})
afterEach(() => {
  rmSync(tmp, { recursive: true, force: true })
})

const left = (): string[] => readdirSync(tmp).filter((name) => name.startsWith('d1-runbook-'))

/** A process that makes a folder, says which, and then ends in some way. */
function processThat(end: 'waits' | 'leaves' | 'removes', within: string[] = []) {
  return execaNode(ENTRY, [end, ...within], {
    ipc: true,
    reject: false,
    env: { TMPDIR: tmp, TEMP: tmp, TMP: tmp },
  })
}

describe('a folder for temporary files', () => {
  it('of a process that was killed is removed by the next one', async () => {
    const killed = processThat('waits')
    const folder = (await killed.getOneMessage()) as string
    killed.kill('SIGKILL')
    await killed
    expect(existsSync(folder)).toBe(true)
    await processThat('removes')
    expect(left()).toEqual([])
  })

  it('of a process that was killed is removed where it was made, by the next one that makes its own there', async () => {
    const place = join(tmp, 'stages')
    const killed = processThat('waits', [place])
    await killed.getOneMessage()
    killed.kill('SIGKILL')
    await killed
    await processThat('removes')
    expect(readdirSync(place)).toHaveLength(1)
    await processThat('removes', [place])
    expect(readdirSync(place)).toEqual([])
  })

  it('of a process that runs stays, and so does what only looks like one of ours', async () => {
    const running = processThat('waits')
    const folder = (await running.getOneMessage()) as string
    const others = [
      'd1-runbook-copy-AbCdEf',
      'd1-runbook-copy-1-999999999-AbCdEf',
      'elsewhere-copy-0-999999999-AbCdEf',
    ]
    for (const name of others) mkdirSync(join(tmp, name))
    writeFileSync(join(folder, 'copy.sqlite'), '')
    await processThat('removes')
    expect(existsSync(join(folder, 'copy.sqlite'))).toBe(true)
    expect(readdirSync(tmp)).toEqual(expect.arrayContaining(others))
    running.kill('SIGKILL')
    await running
  })

  it('of another container is removed once no work can last that long', async () => {
    const old = new Date(Date.now() - 8 * 24 * 60 * 60_000)
    for (const name of ['d1-runbook-copy-1-999999999-AbCdEf', 'd1-runbook-notes']) {
      mkdirSync(join(tmp, name))
      utimesSync(join(tmp, name), old, old)
    }
    await processThat('removes')
    expect(left()).toEqual(['d1-runbook-notes'])
  })

  it('is gone with a process that leaves in the middle of its work', async () => {
    await processThat('leaves')
    expect(left()).toEqual([])
  })
})
