import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'

export const lower = (text: string | undefined): string => (text ?? '').toLowerCase()

/** What a table of before, and the one that takes its place, are called when a statement runs; in lower case. */
interface OwnNames {
  original?: string
  successor?: string
}

/** The names of a table statement by statement: each of the two from its making to its end, through every ALTER TABLE … RENAME TO. */
export class NamesInTime {
  readonly #at = new Map<StatementEvidence, OwnNames>()

  constructor({ statements }: Pick<Evidence, 'statements'>, { before, after }: TableFate) {
    let original: string | undefined = lower(before.name)
    for (const statement of statements) {
      this.#at.set(statement, original === undefined ? {} : { original })
      const { verb, target, alteration } = statement.anatomy
      if (lower(target) !== original) continue
      if (verb === 'drop-table') original = undefined
      if (alteration?.kind === 'rename-table') original = lower(alteration.to)
    }
    let successor = after === undefined ? undefined : lower(after.name)
    for (const statement of [...statements].reverse()) {
      const { verb, target, alteration } = statement.anatomy
      if (alteration?.kind === 'rename-table' && lower(alteration.to) === successor) successor = lower(target)
      const names = this.#at.get(statement)
      if (names !== undefined && successor !== undefined) names.successor = successor
      const made = verb === 'create-table' || verb === 'create-virtual-table'
      if (made && lower(target) === successor) successor = undefined
      // Before, another table had this name.
      if (verb === 'drop-table' && lower(target) === successor) successor = undefined
    }
  }

  /** Whether a table that a statement names is this one. */
  has(statement: StatementEvidence, table: string | undefined): boolean {
    const { original, successor } = this.#at.get(statement) ?? {}
    return table !== undefined && (lower(table) === original || lower(table) === successor)
  }

  /** Whether it is the table that stands in the place in the end. */
  isSuccessor(statement: StatementEvidence, table: string | undefined): boolean {
    return table !== undefined && lower(table) === this.#at.get(statement)?.successor
  }

  isOriginal(statement: StatementEvidence, table: string | undefined): boolean {
    return table !== undefined && lower(table) === this.#at.get(statement)?.original
  }
}
