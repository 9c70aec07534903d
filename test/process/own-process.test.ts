import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { RunbookError } from '../../src/contract/failures.js'
import { MEMORY, runInOwnProcess } from '../../src/process/own-process.js'
import { useTypeScriptProcesses } from '../analysis/own-process.js'
import type { Task } from './entry.js'

const MODULE = fileURLToPath(new URL('entry.ts', import.meta.url))

useTypeScriptProcesses()

function ask(task: Partial<Task>, onReport?: (report: object) => void): Promise<object | undefined> {
  const input = { reports: 0, bytesEach: 0, answer: 1, ...task }
  return runInOwnProcess({ module: MODULE, input, ...(onReport === undefined ? {} : { onReport }) })
}

describe('an answer of a process of our own', () => {
  // A pipe takes some 64 to 200 kB at once; the rest has to be waited for.
  it.each([1, 64 * 1024, 200_000, 1_000_000, 30_000_000])('arrives whole: %i bytes', async (bytes) => {
    for (let round = 0; round < 3; round += 1) {
      const answer = (await ask({ answer: bytes })) as { text: string }
      expect(answer.text).toHaveLength(bytes)
    }
  })

  it('comes after all reports, in their order, when the reader is slower than the writer', async () => {
    const seen: object[] = []
    const answer = await ask({ reports: 40, bytesEach: 100_000, answer: 500_000 }, (report) => {
      const until = Date.now() + 10
      while (Date.now() < until);
      seen.push({ i: (report as { i: number }).i })
    })
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => ({ i })))
    expect((answer as { text: string }).text).toHaveLength(500_000)
  })

  it('may be a failure of our table, with its advice, however long its words', async () => {
    const failure: unknown = await ask({ answer: 'refused' }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RunbookError)
    expect(failure).toMatchObject({ type: 'BackupInvalid', advice: 'do this' })
    expect((failure as Error).message).toHaveLength(3_000_000)
  })

  it('is not made up: a process that breaks, or leaves without a word, is an error', async () => {
    await expect(ask({ answer: 'crash' })).rejects.toThrow('out of luck')
    // What a person reads of it is a line, as where a newer build has taken the module away.
    const gone = runInOwnProcess({ module: `${MODULE}.gone.js`, input: {} })
    await expect(gone).rejects.toThrow(
      /^Error(?: \[ERR_MODULE_NOT_FOUND\])?: Cannot find module '[^\n]*gone\.js'[^\n]*$/,
    )
    await expect(ask({ answer: 'crash' })).rejects.toThrow(/^[^\n]*$/)
    await expect(ask({ answer: 'leave' })).rejects.toThrow('without an answer')
  })

  it.skipIf(process.platform === 'win32')(
    'has memory for its work and no more, also where nobody asked for a limit',
    async () => {
      const input = { reports: 0, bytesEach: 0, answer: 'hungry' as const }
      await expect(
        runInOwnProcess({ module: MODULE, input, memory: { limit: 250_000_000 } }),
      ).rejects.toMatchObject({ type: 'LimitReached', message: expect.stringContaining('250 MB of memory') })
      expect(MEMORY.copy).toBeLessThan(4_000_000_000)
    },
  )

  it('works in a folder of its own that is gone afterwards', async () => {
    const { cwd } = (await ask({})) as { cwd: string }
    expect(cwd).toContain('d1-runbook-process-')
    expect(existsSync(cwd)).toBe(false)
  })
})
