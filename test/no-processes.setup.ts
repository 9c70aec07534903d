import { ChildProcess } from 'node:child_process'

/** What starts a process is slow, and is no unit: the lane is held to it by machine. Every way of Node's goes through here. */
Object.defineProperty(ChildProcess.prototype, 'spawn', {
  value: () => {
    throw new Error(
      'a test of the lane `unit` starts no process: give its file another lane in test/lanes.ts',
    )
  },
})
