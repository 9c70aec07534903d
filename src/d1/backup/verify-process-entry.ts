import path from 'node:path'
import { answerParent } from '../../process/answer-parent.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import { restoreAndMeasure } from './verify.js'

/** The other side of `verifyInOwnProcess`. Only a `RunbookError` gets there whole: what SQLite says of its file is named here. */
await answerParent<Parameters<typeof restoreAndMeasure>[0]>((input) =>
  restoreAndMeasure(input).catch((error: unknown) => {
    throw diskFailure(error, path.dirname(input.sqliteFile))
  }),
)
