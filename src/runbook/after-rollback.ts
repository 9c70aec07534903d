import type { RunView } from '../contract/run.js'
import { reasonTexts } from '../contract/reasons.js'
import { zonedDateTime } from '../text/clock.js'
import { comparedLines } from '../text/written-since.js'

/** What was seen behind the way back that was taken: sentences without a full stop. `timeZone`: IANA, UTC where absent. */
export function afterRollbackLines({ rollback }: Pick<RunView, 'rollback'>, timeZone = 'UTC'): string[] {
  const { compared, look } = rollback ?? {}
  return [
    ...(compared === undefined ? [] : comparedLines(compared, timeZone)),
    ...(look === undefined ? [] : [lookLine(look, timeZone)]),
  ]
}

type Look = NonNullable<NonNullable<RunView['rollback']>['look']>

function lookLine({ at, verdict, reasons }: Look, timeZone: string): string {
  const why = reasonTexts(reasons).join('; ')
  const when = zonedDateTime(Date.parse(at), timeZone)
  return `Looked at once behind the way back, ${when}, as at a checkpoint: ${verdict}${why === '' ? '' : `: ${why}`}. Nobody looks again`
}
