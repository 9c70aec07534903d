import type { LossNow, ReverseCondition, RollbackCost, TableCost } from '../contract/rollback.js'
import { zonedDateTime } from './clock.js'
import { plural } from './plural.js'

/** What the numbers of a way back say, one sentence each; nothing where it loses nothing, or nothing was counted. */
export function costLines({ tables }: RollbackCost): string[] {
  return tables.flatMap(tableLines)
}

function tableLines({ table, rowsLost, rowsLeft, columns }: TableCost): string[] {
  return [
    ...(rowsLost === null || rowsLost === 0
      ? []
      : [`${plural(rowsLost, 'row')} of ${table} ${rowsLost === 1 ? 'stays' : 'stay'} lost.`]),
    ...(rowsLeft === 0
      ? []
      : [
          `${plural(rowsLeft, 'row')} that the migration made in ${table} ${rowsLeft === 1 ? 'stays' : 'stay'}.`,
        ]),
    ...columns.map(
      ({ column, values }) =>
        `${plural(values, 'value')} of ${table}.${column} ${values === 1 ? 'does' : 'do'} not come back.`,
    ),
  ]
}

/** Of a column that a reverse drops: whatever stands in it. */
export function columnGoes(table: string, column: string): string {
  return `Values written into ${table}.${column} go with the column.`
}

/** Of rows that a reverse deletes, for the migration made them. */
export function addedRowsGo(table: string, rows: number): string {
  return `${plural(rows, 'row')} that the migration added to ${table} ${rows === 1 ? 'goes' : 'go'}.`
}

/** What the database as it is now loses, one sentence each. `archivedAt`: ISO 8601, told in `timeZone`. */
export function lossNowLines(
  losses: readonly LossNow[],
  { archivedAt, timeZone = 'UTC' }: { archivedAt: string; timeZone?: string | undefined },
): string[] {
  const told = zonedDateTime(Date.parse(archivedAt), timeZone)
  return losses.map((loss) => lossNowLine(loss, told))
}

function lossNowLine(
  { kind, table, column = '', parent = '', rows, samples }: LossNow,
  archivedAt: string,
): string {
  if (kind === 'not-compared' || rows === null)
    return `What of ${table} was written since and is lost is not known: its rows have no key to be found again by.`
  const one = rows === 1
  const rowsOf = `${plural(rows, 'row')} of ${table}`
  const shown = samples.length === 0 ? '' : `, as (${samples.join('), (')})`
  switch (kind) {
    case 'row-not-back':
      return `${rowsOf} that the migration took ${one ? 'does' : 'do'} not come back, for ${one ? 'its key or unique value belongs' : 'their keys or unique values belong'} to rows written since${shown}.`
    case 'hanging':
      return `${rowsOf} that ${one ? 'comes' : 'come'} back will refer to rows of ${parent} written since under the keys of others${shown}.`
    case 'value-not-back':
      return `${plural(rows, 'value')} of ${table}.${column} that the migration changed ${one ? 'does' : 'do'} not come back, for the row was written since${shown}.`
    case 'filled':
      return `${plural(rows, 'NULL')} of ${table}.${column} that the rehearsal did not leave ${one ? 'becomes' : 'become'} ${samples.join(' or ')}.`
    case 'changed':
      return `${plural(rows, 'value')} of ${table}.${column} that the rehearsal did not leave ${one ? 'comes' : 'come'} out as ${one ? 'another' : 'others'}.`
    case 'no-value':
      return `${rowsOf} written since the backup of ${archivedAt} ${one ? 'has' : 'have'} no value of before for ${table}.${column}${shown}.`
    case 'stays':
      return `${plural(rows, 'value')} of ${table}.${column} written since the backup of ${archivedAt} ${one ? 'stays as it is' : 'stay as they are'}: what the migration changed of ${one ? 'it' : 'them'} does not come back, and how much that is is not known${shown}.`
  }
}

/** Where no price was found: how far that was looked for. */
export function freeLine({ now }: Partial<Pick<RollbackCost, 'now'>> = {}): string {
  return now === undefined
    ? 'every row and value of the backup comes back; what was written since is not counted'
    : 'no row or value was found lost when it was tried on a copy of the database with the migration in it'
}

/** What rows written behind the migration can do to its reverse, one sentence each. */
export function conditionLines(conditions: readonly ReverseCondition[] = []): string[] {
  return conditions.map(conditionLine)
}

function conditionLine({ kind, table, columns, text = '' }: ReverseCondition): string {
  const names = columns.join(', ')
  switch (kind) {
    case 'deleted':
      return `Rows that the migration deletes from ${table} come back as the backup holds them, each only while no row written since has its ${text === '' ? 'key' : text}.`
    case 'unique':
      return `It stops, or leaves rows out, once rows of ${table} are equal in what must be unique again: ${names}.`
    case 'check':
      return `It stops once a row of ${table} is against CHECK (${text}).`
    case 'foreign-key':
      return `It stops once a row of ${table} refers by ${names} to no row of ${text}.`
    case 'null':
      return `NULLs written to ${table}.${names} become ${text}.`
    case 'type':
      return `Values written to ${table}.${names} may come out as others, or stop it, for its type is ${text === '' ? 'none' : text} again.`
    case 'no-value':
      return `Rows of ${table} that the backup does not hold, also those written just before the migration, have no value of before for ${names}.`
    case 'update':
      return `What the migration changed in ${table}.${names} of rows written after the backup, also just before the migration, is in no backup and may not come back.`
    case 'dropped':
      return `${table} comes back with the rows that the backup holds: those written to it after the backup, also just before the migration, do not${text === '' ? '' : `, and what the migration put of them into ${text} stays there`}.`
  }
}
