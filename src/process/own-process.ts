import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaNode } from 'execa'
import { endGroup, rememberGroup } from './process-group.js'

/**
 * Runs a module of ours in a Node process of its own, which takes `input` and sends messages. SQLite works without a pause:
 * here it holds up no heartbeat and no Ctrl-C, and its memory is not ours. Resolves when the module ended; `signal`, and the
 * `stop` that `onMessage` is given, end it and all that it started at once. Its temporary files are gone afterwards.
 * Throws the signal's reason, or an `Error` with the last that it said when it ended badly.
 */
export async function runInOwnProcess(request: {
  /** Absolute path of the module. */
  module: string
  /** What a structured clone can carry. */
  input: object
  onMessage: (message: object, stop: () => void) => void
  signal?: AbortSignal
}): Promise<void> {
  const { signal } = request
  signal?.throwIfAborted()
  const scratch = await mkdtemp(join(tmpdir(), 'd1-runbook-process-'))
  try {
    await run(request, scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
  }
  signal?.throwIfAborted()
}

async function run(
  { module, input, onMessage, signal }: Parameters<typeof runInOwnProcess>[0],
  scratch: string,
): Promise<void> {
  const child = execaNode(module, {
    ipcInput: input,
    serialization: 'advanced',
    buffer: { ipc: false },
    stdin: 'ignore',
    env: { TMPDIR: scratch, TEMP: scratch, TMP: scratch },
    detached: process.platform !== 'win32',
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
    for await (const message of child.getEachMessage()) onMessage(message as object, stop)
    const end = await child
    if (end.failed && !asked.toStop) throw new Error(tail(end))
  } finally {
    signal?.removeEventListener('abort', stop)
    child.kill('SIGKILL')
    // workerd may be left of it.
    if (pid !== undefined) await endGroup(pid)
  }
}

function tail({ stderr, shortMessage }: { stderr: string; shortMessage?: string | undefined }): string {
  return stderr.trim() === '' ? (shortMessage ?? '') : stderr.trim()
}
