import { Worker } from 'node:worker_threads'

/** What ends a process of ours that took more memory than it may: no one else sends it. */
export const TOO_MUCH_MEMORY = 'SIGUSR2'

/** Looks every second, also while SQLite lets nothing else happen in this process; for its memory, which grows by gigabytes a second, more often. */
const WATCH = `
const { pid, ppid, platform, memoryUsage } = process
const { workerData: limit } = require('node:worker_threads')
setInterval(() => {
  if (process.ppid !== ppid) process.kill(platform === 'win32' ? pid : -pid, 'SIGKILL')
}, 1000)
setInterval(() => {
  if (memoryUsage.rss() > limit) process.kill(pid, platform === 'win32' ? 'SIGKILL' : '${TOO_MUCH_MEMORY}')
}, 20)`

/**
 * For a process that leads a group of its own: ends it with all that it started once its parent is gone, however that went. On
 * Windows an orphan keeps its parent's number, and ends when its work does. So it does past `maxMemory` bytes of resident memory.
 */
export function endWithParent(maxMemory: number): void {
  new Worker(WATCH, { eval: true, workerData: maxMemory }).unref()
}

const STARTED_BY = 'D1_RUNBOOK_STARTED_BY'

/** Loaded by Node before the program: the first process of a group finds who started it, and its own children do not. */
const END_GROUP = `
const { env, pid, platform } = process
const parent = Number(env.${STARTED_BY})
delete env.${STARTED_BY}
env.NODE_OPTIONS = env.NODE_OPTIONS.replace(/ ?--import=data:\\S+$/, '')
const isGone = () => {
  if (platform !== 'win32') return process.ppid !== parent
  try {
    process.kill(parent, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
const end = () =>
  platform === 'win32'
    ? process.getBuiltinModule('child_process').spawn('taskkill', ['/pid', String(pid), '/T', '/F'])
    : process.kill(-pid, 'SIGKILL')
const look = () => {
  if (isGone()) end()
}
if (parent > 0) {
  look()
  setInterval(look, 1000).unref()
}`

/**
 * The environment for a program of Node's that is not ours and leads a group of its own: it ends with all that it started within a second of
 * the end of this process, however that went. On Windows a number that was given out again at once hides that it ended.
 */
export function endingWithUs(env: Record<string, string>): Record<string, string> {
  const load = `--import=data:text/javascript,${encodeURIComponent(END_GROUP)}`
  const options = [env['NODE_OPTIONS'] ?? [], load].flat().join(' ')
  return { ...env, NODE_OPTIONS: options, [STARTED_BY]: String(process.pid) }
}
