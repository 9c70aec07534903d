import { tableNamed, type ForeignKeySchema } from '../../d1/schema/schema.js'
import type { Finding } from '../../contract/finding.js'
import { parentsLeft, shapeCulprit } from './attribution.js'
import type { Evidence } from '../evidence.js'
import { findingOf, lossSeverity, same, type Rule } from './rule.js'

export const cd101: Rule = {
  code: 'CD101',
  title: 'foreign key dropped',
  severity: 'warning',
  advice:
    'Repeat the REFERENCES clause in the rebuilt table, unless rows without a parent are meant to be possible.',
  source: 'https://atlasgo.io/lint/analyzers#constraint-deletion',
  check: (evidence) => [...dropped(evidence), ...leftBehind(evidence)],
}

function dropped(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) => {
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
  })
}

/** A rename takes the foreign keys of the children along: they point to the old table while the new one has its name. */
function leftBehind(evidence: Evidence): Finding[] {
  return parentsLeft(evidence).flatMap(({ fate, oldName }) =>
    [...evidence.before.tables.values()].flatMap((child) => {
      const now = tableNamed(evidence.after, child.name)
      return child.foreignKeys
        .filter(({ target }) => same(target, fate.before.name) && !same(child.name, target))
        .filter(({ columns }) =>
          now?.foreignKeys.some(
            (key) => same(key.columns.join(), columns.join()) && same(key.target, oldName),
          ),
        )
        .map(({ columns, target }) =>
          findingOf(
            cd101,
            lossSeverity(evidence),
            fate.ended,
            `${child.name} (${columns.join(', ')}) goes on referencing the renamed ${oldName}, not the new ${target}: rows for what is added to ${target} are refused.`,
            {
              table: child.name,
              ...(columns.length === 1 ? { column: columns[0] ?? '' } : {}),
              advice: `Rebuild ${child.name} too, or make the new ${target} under another name, fill it, and rename it last.`,
            },
          ),
        )
    }),
  )
}
