import type { Charter } from '../src/contract/charter.js'
import { charteredEnvironmentSchema } from '../src/contract/charter.js'
import type { Target } from '../src/contract/target.js'
import { requestFor } from './workflows/request.js'

/** A worker's own configuration of one database: who may do what is as in `requestFor`. */
export function charterFor(
  target: Target,
  overrides: Partial<Charter['environments'][number]> = {},
): Charter {
  const settings = Object.fromEntries(
    Object.entries(requestFor(target.database.id)).filter(
      ([name]) => name in charteredEnvironmentSchema.shape,
    ),
  )
  return {
    version: 1,
    environments: [charteredEnvironmentSchema.parse({ ...settings, ...overrides, target })],
    variables: [],
  }
}
