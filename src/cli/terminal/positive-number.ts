import { RunbookError } from '../../contract/failures.js'

/** The value of `--time-scale`. Throws `ConfigInvalid`. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new RunbookError('ConfigInvalid', `--time-scale must be a number above 0, found "${text}".`, {
    advice: 'Such as --time-scale 3600: an hour in a second.',
  })
}
