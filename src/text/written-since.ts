import type { MadeObject, Since, WrittenSince, WrittenTable } from '../contract/rollback.js'
import { zonedDateTime } from './clock.js'
import { plural } from './plural.js'
import { grouped } from '../contract/number.js'

/** Tables, and objects of a kind, that are named before the rest is counted. */
const SHOWN = 8

/** What going back to the archive or its bookmark loses beside the migration, one phrase each; never empty. */
export function sinceLines(since: Since, timeZone: string): string[] {
  if ('unknown' in since) return [`how many rows others wrote since is not known: ${since.unknown}`]
  const asOf = `as of ${zonedDateTime(Date.parse(since.asOf), timeZone)}`
  return [`${asOf}: ${rowsText(since)}`, ...objectLines(since.objects), ...movedLines(since.moved)]
}

function rowsText({ by, tables }: WrittenSince): string {
  if (by === 'schema')
    return 'how many rows others wrote since is not known, for counting them would read more than backup.maxRowsRead allows'
  if (tables.length === 0) return NOTHING[by]
  const shown = tables.slice(0, SHOWN).map(tableText)
  const rest = tables.length > SHOWN ? [`and ${plural(tables.length - SHOWN, 'more table')}`] : []
  return `${[...shown, ...rest].join(', ')}${by === 'counts' ? '; rows that were changed are not known' : ''}`
}

const NOTHING = {
  rows: 'every row is as the migration leaves it',
  sums: 'every table is as the migration leaves it, by sums over its values',
  counts:
    'every table has as many rows as the migration leaves it with; rows that were changed are not known',
} as const

/** `t: 2 added and 1 gone`: a table that is otherwise than the files leave it. A phrase. */
export function tableText({ table, added, changed, gone, difference, uncertain }: WrittenTable): string {
  const parts = [
    ...(added === null || added === 0 ? [] : [`${grouped(added)} added`]),
    ...(changed === null || changed === 0 ? [] : [`${grouped(changed)} changed`]),
    ...(gone === null || gone === 0 ? [] : [`${grouped(gone)} gone`]),
  ]
  if (added !== null && changed !== null && gone !== null) return `${table}: ${parts.join(' and ')}`
  if (added !== null && gone !== null)
    return `${table}: ${parts.join(' and ')}, of which one of each may be a row that changed`
  const rows =
    difference === null || difference === 0
      ? 'as many rows as the migration leaves it with'
      : `${plural(Math.abs(difference), 'row')} ${difference > 0 ? 'more' : 'fewer'}`
  const why = uncertain === true ? ': the migration writes the time or chance there' : ''
  return `${table}: ${rows}, and which ones others wrote is not known${why}`
}

/** How the database differs from the archive after a way back: sentences without a full stop, never empty. */
export function comparedLines(since: Since, timeZone: string): string[] {
  if ('unknown' in since) return [`Whether the rows are those of the archive is not known: ${since.unknown}`]
  const { by, tables, objects, moved } = since
  const head = `Read back ${zonedDateTime(Date.parse(since.asOf), timeZone)} and held against the archive of ${zonedDateTime(Date.parse(since.since), timeZone)}`
  const differing = tables.slice(0, SHOWN).map((table) => comparedTable(table, by))
  const rest = tables.length > SHOWN ? [`and ${plural(tables.length - SHOWN, 'more table')}`] : []
  return [
    `${head}: ${tables.length === 0 ? SAME[by] : [...differing, ...rest].join(', ')}`,
    ...(tables.length === 0
      ? []
      : [`${OTHERS[by]}; what others wrote since and what did not come back look alike here`]),
    ...(['added', 'changed', 'removed'] as const).flatMap((change) => {
      const names = objects.filter((one) => one.change === change).map(objectText)
      return names.length === 0
        ? []
        : [
            `${THERE[change]}: ${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''}`,
          ]
    }),
    ...(moved === undefined || moved.length === 0
      ? []
      : [
          `Written to while the archive was made, and so perhaps otherwise in it: ${moved.slice(0, SHOWN).join(', ')}`,
        ]),
  ]
}

const SAME = {
  rows: 'every row is as it was',
  sums: 'every table is as it was, by sums over all of its values',
  counts: 'every table has as many rows as it had; their values were not compared',
  schema: 'rows were not compared, for reading them costs more than backup.maxRowsRead allows',
} as const

const OTHERS = {
  rows: 'Every other table is as it was',
  sums: 'Every other table is as it was, by sums over all of its values',
  counts: 'Every other table has as many rows as it had, and values were not compared',
  schema: 'Rows were not compared',
} as const

const THERE = {
  added: 'There now and not in the archive',
  changed: 'Otherwise than in the archive',
  removed: 'In the archive and not there now',
} as const

/** Sums differ with the number of rows: of the values of the other rows they tell nothing then. */
function comparedTable(
  { table, added, difference, otherColumns }: WrittenTable,
  by: WrittenSince['by'],
): string {
  const same = difference === null || difference === 0
  const rows = same
    ? 'as many rows'
    : `${plural(Math.abs(difference), 'row')} ${difference > 0 ? 'more' : 'fewer'}`
  if (otherColumns === true) return `${table}: ${rows} and other columns, so its values were not compared`
  if (added !== null || by !== 'sums') return `${table}: ${rows}`
  if (same) return `${table}: ${rows}, and not the same values`
  return `${table}: ${rows}, and whether the others hold the same values is not known`
}

function objectLines(objects: readonly MadeObject[]): string[] {
  return changesText(objects).map(({ change, named }) => `${DONE[change]} since, and undone too: ${named}`)
}

/** `made: index i on t`: what others did to the schema, a phrase a kind. */
export function objectPhrases(objects: readonly MadeObject[]): string[] {
  return changesText(objects).map(({ change, named }) => `${DONE[change]}: ${named}`)
}

/** Why the reverse migration is no way back: the schema is not the one that the migration left. A phrase. */
export function otherSchemaLine(since: Since): string {
  const made = 'unknown' in since ? [] : objectPhrases(since.objects)
  const what = made.length === 0 ? 'what differs could not be told' : made.join(', ')
  return `the schema is not the one that the migration left (${what})`
}

function changesText(objects: readonly MadeObject[]): { change: MadeObject['change']; named: string }[] {
  return (['added', 'changed', 'removed'] as const).flatMap((change) => {
    const names = objects.filter((one) => one.change === change).map(objectText)
    if (names.length === 0) return []
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
    return [{ change, named: `${names.slice(0, SHOWN).join(', ')}${more}` }]
  })
}

function movedLines(tables: readonly string[] = []): string[] {
  if (tables.length === 0) return []
  const more = tables.length > SHOWN ? ` and ${tables.length - SHOWN} more` : ''
  const named = `${tables.slice(0, SHOWN).join(', ')}${more}`
  return [`written to while the archive was made: ${named}; how much of that is lost is not known`]
}

const DONE = { added: 'made', changed: 'changed', removed: 'dropped' } as const

function objectText({ type, name, table }: MadeObject): string {
  return `${type} ${name}${table === undefined ? '' : ` on ${table}`}`
}
