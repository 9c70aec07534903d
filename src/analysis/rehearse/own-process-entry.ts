import type { Plan } from '../../contract/plan.js'
import { answerParent } from '../../process/answer-parent.js'
import type { StatementPosition } from '../replay/replay.js'
import { rehearseMigrations, type RehearseInput } from './rehearse.js'

/** What the process of a rehearsal reports on the way. */
export type RehearsalReport =
  | { kind: 'progress'; message: string }
  /** Runs this statement now; undefined: it ended. */
  | { kind: 'statement'; at: StatementPosition | undefined }
  /** Runs this query of production's now; undefined: all of them ended. */
  | { kind: 'query'; sql: string | undefined }

/** The other side of `rehearseInOwnProcess`. */
await answerParent<RehearseInput>((input, report): Promise<Plan> => {
  const say = (message: RehearsalReport): void => report(message)
  return rehearseMigrations({
    ...input,
    onProgress: (message) => say({ kind: 'progress', message }),
    onStatement: (at) => say({ kind: 'statement', at }),
    onQuery: (sql) => say({ kind: 'query', sql }),
  })
})
