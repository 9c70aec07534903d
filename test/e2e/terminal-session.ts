import { Terminal } from '@xterm/headless'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { shellWord } from '../../src/contract/shell.js'
import { packageRoot } from '../../src/process/package-root.js'
import { inherited } from './processes.js'

const LAUNCHER = path.join(packageRoot(), 'bin', 'd1-runbook.mjs')

/** No screen of these tests takes longer, even on a busy machine. Milliseconds. */
const PATIENCE_MS = 400_000

export const KEYS = { enter: '\r', ctrlC: '\u0003', down: '\u001B[B', delete: '\u007F' }

/** A command in a terminal of its own: `script` gives it a real one, and xterm shows what a person sees. */
export interface TerminalSession {
  /** Rows on the screen, without what has scrolled away. */
  screen: () => string
  /** Everything since the begin, rows that the terminal broke put together again. */
  text: () => string
  press: (...keys: string[]) => void
  /** Waits until the screen, or with `all` everything so far, matches. Throws with what it shows instead. */
  until: (pattern: RegExp, what?: 'screen' | 'all') => Promise<void>
  /** Exit code. */
  ended: Promise<number | null>
  /** Where a test failed. */
  kill: () => void
}

interface InTerminal {
  size: readonly [number, number]
  env?: Record<string, string>
}

export function inTerminal(args: string[], place: InTerminal): TerminalSession {
  return programInTerminal([LAUNCHER, ...args], place)
}

/** The same of any module of Node, with its options and words. */
export function programInTerminal(
  words: readonly string[],
  { size: [columns, rows], env = {} }: InTerminal,
): TerminalSession {
  const terminal = new Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true })
  const line = [process.execPath, ...words].map((word) => shellWord(word)).join(' ')
  const child = spawn('script', ['-qefc', `stty rows ${rows} cols ${columns}; exec ${line}`, '/dev/null'], {
    env: { ...inherited(), SHELL: '/bin/sh', TERM: 'xterm-256color', ...env },
  })
  child.stdout.on('data', (chunk: Buffer) => terminal.write(chunk))
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  let over = false
  void ended.then(
    () => (over = true),
    () => (over = true),
  )
  const shown = (from: number): string => {
    const { active } = terminal.buffer
    const seen = Array.from({ length: active.length - from }, (_, at) => active.getLine(from + at))
    return seen
      .map((row) => `${row?.isWrapped === true ? '' : '\n'}${row?.translateToString(true) ?? ''}`)
      .join('')
      .trim()
  }
  const screen = (): string => shown(terminal.buffer.active.baseY)
  const text = (): string => shown(0)
  return {
    screen,
    text,
    press: (...keys) => void child.stdin.write(keys.join('')),
    until: async (pattern, what = 'screen') => {
      const look = what === 'screen' ? screen : text
      for (const limit = Date.now() + PATIENCE_MS; ; await pause(100)) {
        const last = over
        if (pattern.test(look())) return
        if (last || Date.now() > limit)
          throw new Error(`${last ? 'it ended' : 'it goes on'} without ${pattern}:\n${text()}`)
      }
    },
    ended,
    kill: () => void child.kill('SIGKILL'),
  }
}
