import { condition, patched } from '@temporalio/workflow'
import { command, words } from '../contract/next-command.js'
import { noteMessage } from '../runbook/messages.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'

const REFUSED: ReadonlySet<string> = new Set(['NotAuthenticated', 'NotPermitted'])

/**
 * Work on a database that may have been touched. Credentials that are refused there are no end: the run pauses, people renew
 * them, and what was begun is tried again once they resume it. Whoever stops the run instead gets the failure thrown.
 */
export async function withCredentials<T>(run: Run, what: string, work: () => Promise<T>): Promise<T> {
  const stopped = (): boolean => run.ending
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const { type, message, advice } = failureOf(error)
      if (!REFUSED.has(type) || stopped() || !patched('credentials-are-renewed')) throw error
      run.view.paused = true
      run.say(run.view.phase, `paused, the credentials were refused while ${what}: ${message}`)
      const details = [
        message,
        ...(advice === '' ? [] : [words`What to do: ${advice}`]),
        'The worker reads its token when it starts: start it again with one that works; this run waits',
        words`Then: ${command('resume')}. What was begun is looked at before it is tried again`,
      ]
      const title = `Paused, the credentials were refused while ${what}`
      run.announcer.tell('emergency', noteMessage({ ...run.context, icon: '🚨', title, details }))
      await condition(() => !run.view.paused || stopped())
      if (stopped()) throw error
    }
  }
}
