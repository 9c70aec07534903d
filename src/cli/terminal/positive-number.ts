import { timeScaleSchema } from '../../contract/monitoring.js'
import { RunbookError } from '../../contract/failures.js'

/** The value of `--time-scale`. Throws `ConfigInvalid`. */
export function positiveNumber(text: string): number {
  const { success, data } = timeScaleSchema.safeParse(text.trim() === '' ? NaN : Number(text))
  if (success) return data
  throw new RunbookError(
    'ConfigInvalid',
    `--time-scale must be a number from 0.001 to 1e9, found "${text}".`,
    {
      advice: 'Such as --time-scale 3600: an hour in a second.',
    },
  )
}
