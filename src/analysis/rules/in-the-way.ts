import { defined } from '../../contract/defined.js'
import type { Fix } from '../../contract/finding.js'
import type { DetailedCatalog } from '../../d1/schema/schema.js'
import { portableTrigger } from '../../d1/sql/remote-triggers.js'
import { parseStatements, type ParsedStatement } from '../../d1/sql/statements.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { mentions } from '../statement/statement.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { quoted, same } from './rule.js'

interface Cause {
  message: string
  advice: string
  fix?: Fix
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
  const said = /^error in (view|trigger|index) (.+?)(?: after [\w ]+)?: no such (table|column): (.+)$/.exec(
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
    .map((it) => `DROP ${it.type.toUpperCase()} ${quoted(it.name)};`)
    .join('\n')
  const again = found.map(({ sql }) => `${portableTrigger(sql).replace(/;\s*$/, '')};`).join('\n')
  const stays = kind === 'table'
  const behind = stays
    ? again
    : `-- Create what is still needed of it again, without ${missing}:\n${again.replaceAll(/^/gm, '-- ')}`
  const fix = linesAround(evidence, failure, gone?.line ?? failure.line, (lines) =>
    [drops, lines, behind].join('\n'),
  )
  const names = found.map((it) => it.name).join(', ')
  return {
    message: `${message}. The ${type} ${name} names ${missing}${where}: SQLite refuses to alter a table while it does.${others}`,
    advice: stays
      ? `Drop ${names} before, and create ${found.length === 1 ? 'it' : 'them'} again behind.`
      : `Drop ${names} before, and create what is still needed again behind, without ${missing}.`,
    ...defined({ fix }),
  }
}

/** A fix in place of whole lines, from that of an earlier statement to the last of the one that fails, with all that shares them. */
function linesAround(
  { files }: Pick<Evidence, 'files'>,
  failure: FailureEvidence,
  from: number,
  write: (lines: string) => string,
): Fix | undefined {
  const file = files.find(({ name }) => name === failure.file)
  if (file === undefined) return undefined
  const { statements } = parseStatements(file.sql)
  const failing = statements.find(({ line, sql }) => line === failure.line && sql === failure.sql)
  if (failing === undefined) return undefined
  let [fromLine, toLine] = [from, failing.endLine]
  for (const one of statements.toReversed())
    if (one.line < fromLine && one.endLine >= fromLine) fromLine = one.line
  for (const one of statements) if (one.line <= toLine && one.endLine > toLine) toLine = one.endLine
  const last = statements.at(-1)
  // The last statement of a file may go without its `;`; on a line of its own it also ends one that a comment follows.
  const open = last !== undefined && last.endLine <= toLine && !isClosed(file.sql, last)
  const lines = file.sql.split('\n').slice(fromLine - 1, toLine)
  const sql = write(open ? `${lines.join('\n')}\n;` : lines.join('\n'))
  return { sql, replaces: { file: file.name, fromLine, toLine } }
}

function isClosed(text: string, { offset, sql }: ParsedStatement): boolean {
  return significantTokens(text.slice(offset + sql.length))[0]?.text === ';'
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
