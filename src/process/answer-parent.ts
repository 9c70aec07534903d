import { once } from 'node:events'
import { RunbookError, type FailureType } from '../contract/failures.js'
import type { Words } from '../contract/next-command.js'
import { endWithParent } from './end-with-parent.js'

/** What a process of ours says to the one that started it. The last one is `answer` or `refused`. */
export type ProcessMessage =
  | { kind: 'report'; report: object }
  | { kind: 'answer'; answer: object }
  | { kind: 'refused'; type: FailureType; message: string; advice: Words }

/**
 * The other side of `runInOwnProcess`: takes one input, gives one answer, and leaves only once the answer was delivered, however
 * large it is: what does not fit the pipe at once is lost with a process that leaves. `report` goes out at once, before a
 * statement that lets nothing else happen here.
 */
export async function answerParent<Input>(
  work: (input: Input, report: (message: object) => void) => Promise<object>,
): Promise<void> {
  endWithParent(Number(process.argv[2]))
  const [input] = (await once(process, 'message')) as [Input]
  await deliver(await outcome(work, input))
  process.disconnect()
}

async function outcome<Input>(
  work: Parameters<typeof answerParent<Input>>[0],
  input: Input,
): Promise<ProcessMessage> {
  try {
    const report = (message: object): void => {
      process.send?.({ kind: 'report', report: message } satisfies ProcessMessage)
    }
    return { kind: 'answer', answer: await work(input, report) }
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error
    const { type, message, adviceWords: advice } = error
    return { kind: 'refused', type, message, advice }
  }
}

function deliver(message: ProcessMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error: Error | null) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
