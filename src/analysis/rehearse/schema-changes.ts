import type { SchemaChange } from '../../contract/plan.js'
import { diffCatalog } from '../../d1/schema/schema-diff.js'
import { sameName } from '../../d1/schema/schema.js'
import { isAlias } from '../compare/row-keys.js'
import type { Evidence } from '../evidence.js'

/** What the files make of the schema, as whole objects: a column shows in its table's text. A table that ALTER TABLE renamed is one change. */
export function schemaChangesOf({ before, after, fates }: Evidence): SchemaChange[] {
  const changes = diffCatalog(before, after).filter(({ type }) => type !== 'column')
  const find = (change: SchemaChange['change'], table: string | undefined): SchemaChange | undefined =>
    changes.find((one) => one.type === 'table' && one.change === change && sameName(one.name, table ?? ''))
  const gone = new Set<SchemaChange>()
  const renamed = new Map<SchemaChange, SchemaChange>()
  for (const fate of fates.filter(isAlias)) {
    const removed = find('removed', fate.before.name)
    const added = find('added', fate.after?.name)
    if (removed === undefined || added === undefined) continue
    gone.add(removed)
    renamed.set(added, { ...removed, ...added, change: 'changed', renamedFrom: removed.name })
  }
  return changes.flatMap((one) => (gone.has(one) ? [] : (renamed.get(one) ?? one)))
}
