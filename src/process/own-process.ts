import { execaNode } from 'execa'
import { defined } from '../contract/defined.js'
import { RunbookError } from '../contract/failures.js'
import { childEnvironment } from './child-environment.js'
import { compileCache } from './compile-cache.js'
import type { ProcessMessage } from './answer-parent.js'
import { TOO_MUCH_MEMORY } from './end-with-parent.js'
import { endGroup, rememberGroup } from './process-group.js'
import { scratchFolder } from './scratch-folder.js'

/**
 * What a process of ours may take before it ends itself, since Node builds SQLite without a count of its own. `files`: a replay in memory,
 * past what its database may hold; `copy`: one on disk, of which 100 MB take less than 400. Bytes.
 */
export const MEMORY = { files: 900_000_000, copy: 2_000_000_000 }

/**
 * Runs a module of ours (see `answerParent`) in a Node process of its own, which takes `input`, may report on the way and gives one answer.
 * SQLite works without a pause: here it holds up no heartbeat and no Ctrl-C, and its memory is not ours. Its working folder and
 * its temporary files are one folder that is gone afterwards. Resolves when the module ended, with its answer; undefined: it was
 * stopped. `signal`, and the `stop` that `onReport` is given, end it and all that it started at once. Throws the signal's
 * reason, the `RunbookError` that the module threw, or an `Error` with the last that it said when it ended badly.
 */
export async function runInOwnProcess(request: {
  /** Absolute path of the module. */
  module: string
  /** What a structured clone can carry. */
  input: object
  onReport?: (report: object, stop: () => void) => void
  signal?: AbortSignal
  /**
   * Bytes of resident memory past which the process ends itself, and what is told of it then; default: `LimitReached` past what work on a copy
   * may take. Not told on Windows: there it ends as any other that fails.
   */
  memory?: { limit?: number; exceeded?: () => void }
}): Promise<object | undefined> {
  const { signal } = request
  signal?.throwIfAborted()
  const scratch = await scratchFolder('process')
  try {
    const answer = await run(request, scratch.folder)
    signal?.throwIfAborted()
    return answer
  } finally {
    await scratch.remove()
  }
}

async function run(
  { module, input, onReport, signal, memory = {} }: Parameters<typeof runInOwnProcess>[0],
  scratch: string,
): Promise<object | undefined> {
  const { limit = MEMORY.copy, exceeded = () => tooMuch(limit) } = memory
  const child = execaNode(module, [String(limit)], {
    ipcInput: input,
    serialization: 'advanced',
    buffer: { ipc: false },
    stdin: 'ignore',
    cwd: scratch,
    env: {
      ...childEnvironment(),
      ...defined({ NODE_COMPILE_CACHE: compileCache() }),
      ...{ TMPDIR: scratch, TEMP: scratch, TMP: scratch },
    },
    extendEnv: false,
    // A group of its own; `kill` ends it whole.
    killDescendants: true,
    windowsHide: true,
    reject: false,
  })
  const { pid } = child
  if (pid !== undefined) rememberGroup(pid)
  const asked = { toStop: false }
  const stop = (): void => {
    asked.toStop = true
    // Nothing in there is worth a polite end: it works on copies.
    child.kill('SIGKILL')
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    let last: Exclude<ProcessMessage, { kind: 'report' }> | undefined
    for await (const received of child.getEachMessage()) {
      const message = received as ProcessMessage
      if (message.kind === 'report') onReport?.(message.report, stop)
      else last = message
    }
    const end = await child
    if (asked.toStop) return undefined
    if (end.signal === TOO_MUCH_MEMORY) {
      exceeded()
      return undefined
    }
    if (last?.kind === 'refused')
      throw new RunbookError(last.type, last.message, { advice: last.advice, cause: last })
    if (end.failed || last === undefined) throw new Error(tail(end))
    return last.answer
  } finally {
    signal?.removeEventListener('abort', stop)
    // workerd may be left of it.
    child.kill('SIGKILL')
    if (pid !== undefined) await endGroup(pid)
  }
}

function tooMuch(limit: number): never {
  throw new RunbookError(
    'LimitReached',
    `The work on a copy of the database took more than ${Math.round(limit / 1_000_000)} MB of memory, and was ended.`,
    {
      advice:
        'Look for statements, defaults, checks and indexes that build large values, and for rows of megabytes.',
    },
  )
}

/** Of an error that nobody caught Node prints the place, the error and its stack: the error is the cause. In one line. */
function tail({ stderr, shortMessage }: { stderr: string; shortMessage?: string | undefined }): string {
  const lines = stderr.split('\n')
  const at = lines.findIndex((line) => /^\w*Error(?: \[\w+\])?: /.test(line))
  const stack = lines.findIndex((line, index) => index > at && /^\s+at /.test(line))
  const cause = at < 0 ? lines : lines.slice(at, stack < 0 ? undefined : stack)
  const said = cause.map((line) => line.trim()).filter((line) => line !== '')
  if (said.length > 0) return said.join(' ')
  return shortMessage === undefined || shortMessage === ''
    ? 'the process ended without an answer'
    : shortMessage
}
