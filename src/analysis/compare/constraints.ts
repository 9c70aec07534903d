import type { DatabaseSync } from 'node:sqlite'
import { quoteName, type SqlValue } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { addedRules } from './added-rules.js'
import { compareChecks } from './checks.js'
import { compareDefaults } from './defaults.js'

/** Values of a column that go with edges of others. */
const SAMPLES = 3

/** The fate with what became of its CHECKs and defaults, and with what is new. `prior`: a connection that has the rows of before under that name. */
export function withConstraints(fate: TableFate, prior?: DatabaseSync): TableFate {
  const { after, before } = fate
  if (after === undefined || before.kind !== 'table' || before.sql === after.sql) return fate
  const samples = (column: string): SqlValue[] =>
    prior === undefined
      ? []
      : prior
          .prepare(`SELECT ${quoteName(column)} AS v FROM prior.${quoteName(before.name)} LIMIT ${SAMPLES}`)
          .all()
          .map((row) => row['v'] ?? null)
  return {
    ...fate,
    checks: compareChecks(fate, after, samples),
    defaults: compareDefaults(fate, after),
    added: addedRules(fate, after, samples, prior),
  }
}
