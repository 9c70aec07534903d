import { answerParent } from '../../process/answer-parent.js'
import { findWrittenSince, type SinceInput } from './written-since.js'

/** The other side of `findSinceInOwnProcess`. */
await answerParent<SinceInput>((input) => Promise.resolve(findWrittenSince(input)))
