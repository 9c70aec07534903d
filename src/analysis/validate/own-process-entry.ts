import { answerParent } from '../../process/answer-parent.js'
import { validateMigrations, type ValidateInput } from './validate.js'

/** The other side of `validateInOwnProcess`. */
await answerParent<ValidateInput>(validateMigrations)
