import type { ClaimDifference } from '../../contract/admission.js'
import { cutText } from '../../contract/limits.js'
import type { CharteredEnvironment } from '../../contract/charter.js'
import { canonicalJson, placeless } from './charter-hash.js'

/** Past it, one more entry says how many there are. */
const SHOWN = 50
const VALUE_LENGTH = 200

/**
 * Where two values of one shape differ: by name in objects, as a whole where one of them is a list or a plain value. Of both,
 * only the names of `holds` and of `claimed` that are there count: undefined and absent are the same.
 */
export function differencesOf(claimed: unknown, holds: unknown): ClaimDifference[] {
  const found = [...walk(claimed, holds, [])]
  const more = found.length - SHOWN
  if (more <= 0) return found
  return [...found.slice(0, SHOWN), { path: `and ${more} more`, claimed: '', holds: '' }]
}

/** Where two entries of charters differ, but for what is another one on each machine and for what is the run's own. */
export function settingDifferences(
  claimed: CharteredEnvironment,
  holds: CharteredEnvironment,
): ClaimDifference[] {
  return differencesOf(comparable(claimed), comparable(holds))
}

function comparable(environment: CharteredEnvironment): object {
  const { timeScale: _ofTheRun, ...monitoring } = environment.monitoring
  return { ...placeless(environment), monitoring }
}

function* walk(claimed: unknown, holds: unknown, path: string[]): Generator<ClaimDifference> {
  if (isRecord(claimed) && isRecord(holds)) {
    const names = [...new Set([...Object.keys(holds), ...Object.keys(claimed)])].sort()
    for (const name of names) yield* walk(claimed[name], holds[name], [...path, name])
  } else if (written(claimed) !== written(holds)) {
    yield {
      path: path.join('.'),
      claimed: cutText(written(claimed), VALUE_LENGTH),
      holds: cutText(written(holds), VALUE_LENGTH),
    }
  }
}

function written(value: unknown): string {
  return value === undefined ? 'nothing' : canonicalJson(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** For people: what was asked, and what holds. */
export function differenceLine({ path, claimed, holds }: ClaimDifference): string {
  if (claimed === '' && holds === '') return path
  return `${path}: asked for ${claimed}, the worker's charter has ${holds}`
}
