import { answerParent } from '../../process/answer-parent.js'
import { proveAdoption, type ProveInput } from './prove.js'

/** The other side of `proveInOwnProcess`. */
await answerParent<ProveInput>((input) => proveAdoption(input))
