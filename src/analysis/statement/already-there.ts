import { splitStatements } from '../../d1/sql/statements.js'
import { anatomyOf } from './statement.js'

/** An object of a schema by its kind and name. */
export interface NamedObject {
  type: string
  name: string
}

/**
 * Objects that the first pending file makes anew and that are there under their name before it ran: whoever made them did so without the
 * ledger. What the file drops first, or makes only IF NOT EXISTS, is not in its own way.
 */
export function alreadyThere(sql: string, has: (object: NamedObject) => boolean): NamedObject[] {
  const statements = splitStatements(sql).map((statement) => anatomyOf(statement.sql))
  const dropped = new Set(
    statements.filter(({ verb }) => verb.startsWith('drop-')).map(({ target = '' }) => target.toLowerCase()),
  )
  return statements
    .filter(
      ({ verb, temporary, target = '' }) =>
        verb.startsWith('create-') && !temporary && !dropped.has(target.toLowerCase()),
    )
    .filter(
      ({ tokens }) => !tokens.slice(0, 6).some(({ kind, text }) => kind === 'word' && /^exists$/i.test(text)),
    )
    .map(({ verb, target: name = '' }) => ({ type: verb.replace(/^create-(?:virtual-)?/, ''), name }))
    .filter(has)
}
