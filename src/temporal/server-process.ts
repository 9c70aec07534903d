import { execa } from 'execa'
import { existsSync, readFileSync } from 'node:fs'
import { SEARCH_ATTRIBUTES } from '../contract/names.js'

/** A stopping server writes its SQLite file back; after this it is ended the hard way. Milliseconds. */
const STOP_LIMIT_MS = 10_000
/** Histories of closed runs are evidence; the development server would drop them after a day. */
const RETENTION = '90d'
/** A rollback journal has the disk wait several times a step of a run. In the log it waits once, and keeps what it was told all the same. */
const PRAGMAS = { journal_mode: 'wal', synchronous: 'full' }

export interface ServerProcess {
  pid: number
  isRunning(): boolean
  /** Whether it said itself that it is up: another server may answer at the port that it is about to fail to take. */
  saysReady(): boolean
  /** Last lines of its log. */
  lastOutput(): string
  died: Promise<string>
  stop(): Promise<void>
}

/** Starts `temporal server start-dev`. It outlives a Ctrl-C in the terminal: its owner stops it, after the worker. */
export function launchServer(options: {
  cli: string
  port: number
  uiPort: number
  dbFile: string
  logFile: string
}): ServerProcess {
  const { logFile } = options
  const child = execa(options.cli, serverArguments(options), {
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'ignore',
    stdout: { file: logFile },
    stderr: { file: logFile, append: true },
    forceKillAfterDelay: STOP_LIMIT_MS,
  })
  // Without a process number it never started; `ended` follows with the reason.
  let running = child.pid !== undefined
  let stopping = false
  const killWithUs = () => child.kill('SIGTERM')
  process.once('exit', killWithUs)
  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const lastOutput = () => tail(log())
  const ended = child.then(() => {
    running = false
    process.off('exit', killWithUs)
  })
  return {
    pid: child.pid ?? 0,
    isRunning: () => running,
    saysReady: () => /^(?:Temporal )?Server: /m.test(log()),
    lastOutput,
    died: new Promise((resolve, reject) => {
      ended.then(() => {
        if (!stopping) resolve(lastOutput())
      }, reject)
    }),
    async stop() {
      stopping = true
      if (running) child.kill('SIGTERM')
      await ended
    },
  }
}

/** What tells our server from any other program: the SQLite file stands in its command line. */
export function serverArguments({ port, uiPort, dbFile }: { port: number; uiPort: number; dbFile: string }) {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--db-filename', dbFile, '--log-level', 'warn', '--ui-disable-news-fetch'],
    ...Object.entries(PRAGMAS).flatMap(([name, value]) => ['--sqlite-pragma', `${name}=${value}`]),
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ]
}

/** Lengthens how long closed runs can be read. Their loss would be a pity, their absence at the start is not. */
export async function keepHistories(cli: string, address: string, namespace: string): Promise<void> {
  const command = ['operator', 'namespace', 'update', '--namespace', namespace, '--retention', RETENTION]
  await execa(cli, [...command, '--address', address], { reject: false, stdin: 'ignore', timeout: 10_000 })
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n')
}
