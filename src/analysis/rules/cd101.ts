import { shapeCulprit } from '../blame.js'
import { tableNamed, type ForeignKeySchema } from '../../d1/schema.js'
import { findingOf, same, type Rule } from './rule.js'

export const cd101: Rule = {
  code: 'CD101',
  title: 'foreign key dropped',
  severity: 'warning',
  advice:
    'Repeat the REFERENCES clause in the rebuilt table, unless rows without a parent are meant to be possible.',
  source: 'https://atlasgo.io/lint/analyzers#constraint-deletion',
  check: (evidence) =>
    evidence.fates.flatMap((fate) => {
      const { after, before } = fate
      if (after === undefined) return []
      const nameNow = (column: string): string => fate.renamedColumns.get(column.toLowerCase()) ?? column
      const kept = (key: ForeignKeySchema): boolean => {
        const columns = key.columns.map(nameNow)
        return after.foreignKeys.some((other) => same(other.columns.join(), columns.join()))
      }
      const needed = (key: ForeignKeySchema): boolean =>
        key.columns.every((column) => after.columns.some(({ name }) => same(name, nameNow(column)))) &&
        (tableNamed(evidence.after, key.target) !== undefined ||
          evidence.fates.some((other) => same(other.before.name, key.target) && other.after !== undefined))
      return before.foreignKeys
        .filter((key) => !kept(key) && needed(key))
        .map((key) =>
          findingOf(
            cd101,
            'warning',
            shapeCulprit(evidence, fate),
            `${before.name} (${key.columns.join(', ')}) no longer references ${key.target}.`,
            { table: before.name, ...(key.columns.length === 1 ? { column: key.columns[0] ?? '' } : {}) },
          ),
        )
    }),
}
