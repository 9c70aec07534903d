import { defined } from '../../contract/defined.js'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { classify, errorLine } from './failure-texts.js'
import { recordCommand } from './command-log.js'
import { childEnvironment } from '../../process/child-environment.js'
import { compileCache } from '../../process/compile-cache.js'
import { endingWithUs } from '../../process/end-with-parent.js'
import { endGroup, rememberGroup } from '../../process/process-group.js'
import { redact } from '../../process/redact.js'
import { inSpan } from '../../process/span.js'
import { openStage } from './stage.js'
import { findWrangler } from './wrangler-tool.js'
import { command, words } from '../../contract/next-command.js'

export { classify, errorLine } from './failure-texts.js'
export {
  demandPatterns,
  findWrangler,
  keepWranglers,
  knownWrangler,
  MINIMUM_WRANGLER,
  type Wrangler,
} from './wrangler-tool.js'

export interface WranglerRequest {
  target: Target
  /** Such as `['d1', 'migrations', 'apply', name]`. Place, environment and configuration are added. */
  args: string[]
  signal?: AbortSignal
  timeoutMs?: number
  /** Wrangler file to use; a generated one that names only the target when absent. */
  config?: string
  /** Each line of both outputs as it comes, redacted. */
  onLine?: (line: string) => void
  /** The process group, as soon as it runs: what a later process needs to end an orphan. */
  onGroup?: (leader: number) => void
}

export interface WranglerResult {
  stdout: string
  stderr: string
  /** Undefined when a signal ended it. Never a proof of anything. */
  exitCode: number | undefined
  timedOut: boolean
  durationMs: number
  place: 'remote' | 'local'
}

/** Wrangler's own limit for a hanging answer is 305 s. */
const DEFAULT_TIMEOUT_MS = 360_000

/**
 * Runs one Wrangler command: no shell, no terminal, no prompt, a process group of its own. Resolves however the command
 * ended, and only when the last process of its group is gone; a caller that needs a good end asks {@link demandSuccess}.
 * Throws `ToolMissing`, `ToolTooOld`; a cancelled command resolves too (its `exitCode` proves nothing): ask the signal.
 */
export async function runWrangler(request: WranglerRequest): Promise<WranglerResult> {
  request.signal?.throwIfAborted()
  const stage = request.config === undefined ? await openStage(request.target) : undefined
  try {
    const said = commandOf(request.args)
    const place = request.target.database.remote ? 'remote' : 'local'
    const facts = { 'wrangler.command': said, 'wrangler.place': place }
    return await inSpan(`wrangler ${said}`, facts, async (note) => {
      const result = await runStaged(request, request.config ?? stage?.config ?? '')
      note({ 'wrangler.result': result.timedOut ? 'no answer in time' : 'ended' })
      if (result.exitCode !== undefined) note({ 'process.exit.code': result.exitCode })
      return result
    })
  } finally {
    await stage?.remove()
  }
}

/** The words of the command alone: what follows them may be SQL. */
function commandOf(args: readonly string[]): string {
  const [, group = ''] = args
  return args.slice(0, GROUPS.has(group) ? 3 : 2).join(' ')
}

const GROUPS = new Set(['migrations', 'time-travel'])

async function runStaged(request: WranglerRequest, config: string): Promise<WranglerResult> {
  const { target, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = request
  const tool = await findWrangler(target.projectDir)
  const startedAt = performance.now()
  const at = new Date().toISOString()
  const args = [...request.args, ...placement(request, config)]
  const child = execa(tool.command, [...tool.args, ...args], {
    cwd: existsSync(target.projectDir) ? target.projectDir : tmpdir(),
    env: endingWithUs(wranglerEnvironment()),
    extendEnv: false,
    stdin: 'ignore',
    detached: process.platform !== 'win32',
    windowsHide: true,
    reject: false,
    maxBuffer: 64 * 1024 * 1024,
    stripFinalNewline: false,
  })
  const limit = { passed: false }
  const stop = (): void => {
    if (child.pid !== undefined) endGroup(child.pid).catch(() => undefined)
  }
  const timer = setTimeout(() => {
    limit.passed = true
    stop()
  }, timeoutMs)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    if (child.pid !== undefined) {
      rememberGroup(child.pid)
      request.onGroup?.(child.pid)
    }
    // Who ends only the wrapper leaves the command running with our pipes open: the end of the first is the end of all.
    child.nodeChildProcess.once('exit', stop)
    forwardLines([child.stdout, child.stderr], request.onLine)
    const end = await child
    const durationMs = performance.now() - startedAt
    const exit = end.exitCode === undefined ? 'ended by a signal' : `exit code ${end.exitCode}`
    recordCommand({
      words: ['wrangler', ...args],
      at,
      durationMs,
      result: limit.passed ? 'no answer in time' : exit,
    })
    return {
      stdout: redact(end.stdout),
      stderr: redact(end.stderr === '' && end.failed ? (end.shortMessage ?? '') : end.stderr),
      exitCode: end.exitCode,
      timedOut: limit.passed,
      durationMs,
      place: target.database.remote ? 'remote' : 'local',
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    // The wrapper may be gone while the command goes on: whoever ended it, nobody of the group survives this call.
    if (child.pid !== undefined) await endGroup(child.pid)
  }
}

/** `result` when the command ended well, else the classified failure. */
export function demandSuccess(result: WranglerResult, what: string): WranglerResult {
  if (result.exitCode === 0 && !result.timedOut) return result
  throw wranglerFailure(result, what)
}

/** A failed command as an error that a person can act on. `what`: what was tried, such as "Export of art". */
export function wranglerFailure(result: WranglerResult, what: string): RunbookError {
  const { type, advice, retryAfterMs } = classify(result)
  const why = result.timedOut
    ? `no answer within ${Math.round(result.durationMs / 1000)} s`
    : errorLine(result)
  const details = retryAfterMs === undefined ? undefined : { retryAfterMs }
  return new RunbookError(type, `${what} failed: ${why}`, { advice, ...defined({ details }) })
}

/** Parses what `--json` printed; spinner lines may stand before the document. */
export function parseJsonOutput(stdout: string): unknown {
  for (const start of ['[', '{']) {
    const lines = stdout.split('\n')
    const from = lines.findIndex((line) => line.startsWith(start))
    if (from < 0) continue
    try {
      return JSON.parse(lines.slice(from).join('\n'))
    } catch {
      // Not the document: the other bracket may start it.
    }
  }
  throw new RunbookError('OutcomeUnknown', 'Wrangler did not print the JSON that was asked for.', {
    advice: words`Run ${command('doctor')}.`,
  })
}

/** Sub-commands of `wrangler d1` that can work on the local database, and therefore must be told where. */
const PLACED = new Set(['execute', 'export', 'migrations'])

function placement({ target, args, config: given }: WranglerRequest, config: string): string[] {
  const flags: string[] = ['--config', config]
  // The generated file has no environments. A given one is the project's: say which part is meant, even if none.
  if (given !== undefined && given === target.wranglerConfig) flags.push(`--env=${target.wranglerEnv ?? ''}`)
  const [group, command = ''] = args
  if (group !== 'd1' || !PLACED.has(command)) return flags
  flags.push(target.database.remote ? '--remote' : '--local')
  if (!target.database.remote && target.persistTo !== undefined && command !== 'export') {
    flags.push('--persist-to', target.persistTo)
  }
  return flags
}

function wranglerEnvironment(): Record<string, string> {
  return {
    ...childEnvironment('wrangler'),
    // With CI set, prompts answer themselves: our gates are the only gates.
    CI: '1',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    ...defined({ NODE_COMPILE_CACHE: compileCache() }),
  }
}

function forwardLines(streams: (Readable | null)[], onLine: ((line: string) => void) | undefined): void {
  if (onLine === undefined) return
  for (const stream of streams) {
    let rest = ''
    stream?.on('data', (chunk: unknown) => {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') onLine(redact(line.trimEnd()))
    })
  }
}
