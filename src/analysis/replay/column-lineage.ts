import type { StatementEvidence } from '../evidence.js'

/** One column while it lives, whatever it is called, and the columns that it was filled from as they are. */
export interface ColumnNode {
  sources: Set<ColumnNode>
}

/** The columns of one table by their names of now, in lower case. */
export class ColumnNames {
  readonly #nodes = new Map<string, ColumnNode>()

  of(name: string): ColumnNode {
    const key = name.toLowerCase()
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const node: ColumnNode = { sources: new Set() }
    this.#nodes.set(key, node)
    return node
  }

  /** Names of now. */
  all(): [name: string, node: ColumnNode][] {
    return [...this.#nodes]
  }

  alter(alteration: StatementEvidence['anatomy']['alteration']): void {
    // A column that is dropped may come back under its name: that is another one.
    if (alteration?.kind === 'drop-column') this.#nodes.delete(alteration.column.toLowerCase())
    if (alteration?.kind !== 'rename-column') return
    const node = this.of(alteration.from)
    this.#nodes.delete(alteration.from.toLowerCase())
    this.#nodes.set(alteration.to.toLowerCase(), node)
  }
}

/** Whether the values of a column came from another one, in one step or several. */
export function comesFrom(node: ColumnNode, origin: ColumnNode, seen = new Set<ColumnNode>()): boolean {
  if (node.sources.has(origin)) return true
  seen.add(node)
  return [...node.sources].some((source) => !seen.has(source) && comesFrom(source, origin, seen))
}
