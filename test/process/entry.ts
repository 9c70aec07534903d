import { RunbookError } from '../../src/contract/failures.js'
import { answerParent } from '../../src/process/answer-parent.js'

/** What the process is asked to do before it leaves. */
export interface Task {
  reports: number
  bytesEach: number
  answer: number | 'refused' | 'crash' | 'leave'
}

await answerParent<Task>((task, report) => {
  for (let i = 0; i < task.reports; i += 1) report({ i, text: 'r'.repeat(task.bytesEach) })
  if (task.answer === 'crash') throw new TypeError('out of luck')
  if (task.answer === 'leave') process.exit(0)
  if (task.answer === 'refused')
    throw new RunbookError('BackupInvalid', 'm'.repeat(3_000_000), { advice: 'do this' })
  return Promise.resolve({ text: 'a'.repeat(task.answer), cwd: process.cwd() })
})
