import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import { MEMORY, runInOwnProcess } from '../../process/own-process.js'
import type { Restored, restoreAndMeasure } from './verify.js'

const MODULE = fileURLToPath(new URL('./verify-process-entry.js', import.meta.url))

/** Milliseconds, and besides them a second for each megabyte of SQL: ten times and more of what SQLite and workerd were seen to need. */
const LIMIT_MS = 120_000
const BYTES_A_MS = 1_000

/**
 * `restoreAndMeasure` in a process of its own, bounded in time and memory: an archive's schema is whatever somebody wrote into it. A view upon
 * views takes twice as long for each more of them, and SQLite computes a generated column without a pause: in the worker either would
 * starve the heartbeats of every run. Throws the signal's reason, what `restoreAndMeasure` throws, and `BackupInvalid` past a bound.
 */
export async function verifyInOwnProcess(
  input: Parameters<typeof restoreAndMeasure>[0],
  {
    signal,
    limitMs = LIMIT_MS + Math.ceil(statSync(input.sqlFile).size / BYTES_A_MS),
    memoryLimit = MEMORY.copy,
  }: { signal?: AbortSignal | undefined; limitMs?: number; memoryLimit?: number } = {},
): Promise<Restored> {
  const slow = AbortSignal.timeout(limitMs)
  try {
    const restored = await runInOwnProcess({
      module: MODULE,
      input,
      signal: signal === undefined ? slow : AbortSignal.any([signal, slow]),
      memory: {
        limit: memoryLimit,
        exceeded: () => {
          throw costly(`more than ${Math.round(memoryLimit / 1_000_000)} MB of memory`)
        },
      },
    })
    if (restored === undefined) throw new Error('the restore was stopped by nobody')
    return restored as Restored
  } catch (error) {
    signal?.throwIfAborted()
    throw error === slow.reason ? costly(`longer than ${Math.ceil(limitMs / 1_000)} s`) : error
  }
}

function costly(what: string): RunbookError {
  return new RunbookError(
    'BackupInvalid',
    `The export does not restore: to load and check it took ${what}, and was ended.`,
    {
      advice: words`Look for views upon views, and for generated columns, checks and indexes that build large values. Another archive: ${command('backup')}.`,
    },
  )
}
