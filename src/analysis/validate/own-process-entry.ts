import { answerParent } from '../../process/answer-parent.js'
import type { Watched } from '../replay/replay.js'
import type { StatementReport } from './in-own-process.js'
import { validateMigrations, type ValidateInput } from './validate.js'

/** The other side of `validateInOwnProcess`. */
await answerParent<ValidateInput & Pick<Watched, 'hopeless'>>(({ hopeless, ...input }, report) => {
  const onStatement: Watched['onStatement'] = (at) => report({ at } satisfies StatementReport)
  return validateMigrations({ ...input, watched: { hopeless, onStatement } })
})
