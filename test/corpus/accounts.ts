import { VALUES_KEPT, VALUES_LOST } from './values-elsewhere.js'
import type { Scenario } from './scenario.js'

/** Rows and values that are gone, or that are there and were not. */
export const UNACCOUNTED: Scenario[] = [...VALUES_LOST]

/** Rows and values that the migrated database gives back. */
export const ACCOUNTED: Scenario[] = [...VALUES_KEPT]
