import { RunbookError } from '../../src/contract/failures.js'
import { answerParent } from '../../src/process/answer-parent.js'

/** What the process is asked to do before it leaves. */
export interface Task {
  reports: number
  bytesEach: number
  answer: number | 'refused' | 'crash' | 'leave' | 'hungry'
}

await answerParent<Task>((task, report) => {
  for (let i = 0; i < task.reports; i += 1) report({ i, text: 'r'.repeat(task.bytesEach) })
  if (task.answer === 'crash') throw new TypeError('out of luck')
  if (task.answer === 'hungry') {
    const held: Buffer[] = []
    // Past the limit of the test it goes on until it is ended, or at its end says that it was not.
    for (let megabytes = 0; megabytes < 2_000; megabytes += 10) {
      held.push(Buffer.alloc(10_000_000, 1))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
    return Promise.resolve({ text: String(held.length), cwd: process.cwd() })
  }
  if (task.answer === 'leave') process.exit(0)
  if (task.answer === 'refused')
    throw new RunbookError('BackupInvalid', 'm'.repeat(3_000_000), { advice: 'do this' })
  return Promise.resolve({ text: 'a'.repeat(task.answer), cwd: process.cwd() })
})
