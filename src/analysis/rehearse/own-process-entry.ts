import { once } from 'node:events'
import { RunbookError } from '../../contract/failures.js'
import type { Plan } from '../../contract/plan.js'
import { endWithParent } from '../../process/end-with-parent.js'
import { rehearseMigrations, type RehearseInput } from './rehearse.js'
import type { StatementPosition } from '../replay/replay.js'
import { type Words } from '../../contract/next-command.js'

/** What the process of a rehearsal says. The last one is `plan` or `refused`. */
export type RehearsalMessage =
  | { kind: 'progress'; message: string }
  /** Runs this statement now; undefined: it ended. */
  | { kind: 'statement'; at: StatementPosition | undefined }
  | { kind: 'plan'; plan: Plan }
  | { kind: 'refused'; type: RunbookError['type']; message: string; advice: Words }

endWithParent()
/** The other side of `rehearseInOwnProcess`: one input in, messages out. */
const [input] = (await once(process, 'message')) as [RehearseInput]
try {
  const onProgress = (message: string): void => say({ kind: 'progress', message })
  const onStatement = (at: StatementPosition | undefined): void => say({ kind: 'statement', at })
  say({ kind: 'plan', plan: await rehearseMigrations({ ...input, onProgress, onStatement }) })
} catch (error) {
  if (!(error instanceof RunbookError)) throw error
  const { type, message, adviceWords: advice } = error
  say({ kind: 'refused', type, message, advice })
}
process.disconnect()

/** At once, before a statement that lets nothing else happen here. */
function say(message: RehearsalMessage): void {
  process.send?.(message)
}
