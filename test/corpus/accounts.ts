import { NULLS_FILLED, NULLS_LEFT, ROWS_APPEAR, ROWS_STAY } from './rows-appear.js'
import { ROWS_KEPT, ROWS_LOST } from './rows-moved.js'
import type { Scenario } from './scenario.js'
import { VALUES_KEPT, VALUES_LOST } from './values-elsewhere.js'

/** Rows and values that are gone, or that are there and were not. */
export const UNACCOUNTED: Scenario[] = [...VALUES_LOST, ...ROWS_LOST, ...ROWS_APPEAR]

/** Rows and values that the migrated database gives back, and NULLs that are told. */
export const ACCOUNTED: Scenario[] = [
  ...VALUES_KEPT,
  ...ROWS_KEPT,
  ...ROWS_STAY,
  ...NULLS_FILLED,
  ...NULLS_LEFT,
]
