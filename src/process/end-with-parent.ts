import { Worker } from 'node:worker_threads'

/** Looks every second, also while SQLite lets nothing else happen in this process. */
const WATCH = `
const { pid, ppid, platform } = process
setInterval(() => {
  if (process.ppid !== ppid) process.kill(platform === 'win32' ? pid : -pid, 'SIGKILL')
}, 1000)`

/**
 * For a process that leads a group of its own: ends it with all that it started once its parent is gone, however that went. On
 * Windows an orphan keeps its parent's number, and ends when its work does.
 */
export function endWithParent(): void {
  new Worker(WATCH, { eval: true }).unref()
}
