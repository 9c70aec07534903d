import { zonedDateTime } from '../text/clock.js'
import { command, words, type Words } from '../contract/next-command.js'

/** The prerequisite that tells of such a run. */
export const LEFT_UNFINISHED = 'left-unfinished'

/**
 * What a hold on an archive says, once no run of its database is under way: that run was lost with Temporal's state, or ended from outside.
 * Which of both, the hold does not say. `since`: ISO 8601, told as UTC: whoever reads a hold may know no zone.
 */
export function unfinishedRun({ run, file, since }: { run: string; file: string; since: string }): {
  message: string
  advice: Words
} {
  return {
    message: `the run ${run} holds ${file} since ${zonedDateTime(Date.parse(since), 'UTC')}, and never said how it ended`,
    advice: words`If Temporal has lost that run, go on from what it left: ${command('adopt-run')}`,
  }
}
