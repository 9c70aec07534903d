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
