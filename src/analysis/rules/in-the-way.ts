import type { DetailedCatalog } from '../../d1/schema/schema.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { mentions } from '../statement/statement.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { same } from './rule.js'

interface Cause {
  message: string
  advice: string
}

interface Dependent {
  type: 'view' | 'trigger' | 'index'
  name: string
  sql: string
}

/**
 * Views, triggers and indexes that make ALTER TABLE fail, because they name what is gone: SQLite reads all of them again when it renames a
 * table or drops a column, and names the first one only. All that are in the way, with what to paste before and after.
 * Source: https://sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes
 */
export function inTheWay(evidence: Evidence, failure: FailureEvidence): Cause | undefined {
  const { message } = failure
  const said = /^error in (view|trigger|index) (\S+?)(?: after [\w ]+)?: no such (table|column): (\S+)/.exec(
    message,
  )
  const [, type = '', name = '', kind = '', path = ''] = said ?? []
  const missing = path.split('.').at(-1) ?? ''
  if (said === null || missing === '') return undefined
  const gone = evidence.statements.findLast(
    ({ file, anatomy }) =>
      file === failure.file &&
      anatomy.verb === 'drop-table' &&
      kind === 'table' &&
      same(anatomy.target, missing),
  )
  const found = dependents(evidence.before, missing, [type, name])
  if (found.length === 0) return undefined
  const where = gone === undefined ? '' : `, which line ${gone.line} drops`
  const others =
    found.length === 1
      ? ''
      : ` So ${found.length === 2 ? 'does' : 'do'} ${found
          .filter((it) => !same(it.name, name))
          .map((it) => it.name)
          .join(', ')}.`
  const drops = found
    .toReversed()
    .map((it) => `DROP ${it.type.toUpperCase()} ${it.name};`)
    .join('\n')
  const place = gone?.line ?? failure.line
  const again =
    kind === 'table'
      ? `and this at the end of the file:\n${found.map(({ sql }) => `${sql};`).join('\n')}`
      : `and create what is still needed again at the end of the file, without ${missing}; it was:\n${found
          .map(({ sql }) => `${sql};`)
          .join('\n')
          .replaceAll(/^/gm, '-- ')}`
  return {
    message: `${message}. The ${type} ${name} names ${missing}${where}: SQLite refuses to alter a table while it does.${others}`,
    advice: `Put this before line ${place}:\n${drops}\n${again}`,
  }
}

/** Everything that names it, or names a view that does, in the order in which it was made. */
function dependents(catalog: DetailedCatalog, missing: string, [type, first]: string[]): Dependent[] {
  const names = new Set([missing.toLowerCase()])
  const uses = (sql: string): boolean => {
    const tokens = significantTokens(sql)
    return [...names].some((name) => mentions(tokens, name))
  }
  const views = [...catalog.views.values()]
  // Views over views may have been made anew, so in any order.
  for (let round = 0; round < views.length; round += 1)
    for (const view of views) if (uses(view.sql)) names.add(view.name.toLowerCase())
  const own = [...catalog.tables.values()].some((table) => same(table.name, missing))
  const indexes = [...catalog.tables.values()].flatMap((table) => table.indexes)
  return [
    ...views
      .filter((view) => names.has(view.name.toLowerCase()))
      .map(({ name, sql }): Dependent => ({ type: 'view', name, sql })),
    ...[...catalog.triggers.values()]
      // A trigger of the table itself goes with it.
      .filter(({ table, sql }) => !(own && same(table, missing)) && uses(sql))
      .map(({ name, sql }): Dependent => ({ type: 'trigger', name, sql })),
    ...indexes
      .filter(({ name, origin }) => type === 'index' && origin === 'statement' && same(name, first))
      .map(({ name, source }): Dependent => ({ type: 'index', name, sql: source })),
  ]
}
