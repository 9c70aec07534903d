import { defined } from '../../contract/defined.js'
import type { TableAccess } from '../statement/table-access.js'
import type { DatabaseSync } from 'node:sqlite'
import { readDetailedCatalog, sameName, type DetailedCatalog } from '../../d1/schema/schema.js'
import { runForeign } from '../../d1/sqlite/confined.js'
import { cellText, quoteName } from '../../d1/sqlite/sqlite.js'
import type { SqlStatement } from '../../d1/sql/statements.js'
import { mentions, type StatementParts } from '../statement/statement.js'
import type { HeavyReads, StatementEvidence } from '../evidence.js'
import { firedTriggers } from './fired-triggers.js'
import { isMany, keyReads, readsOf, triggerReads } from './heavy-reads.js'
import { failedPrecondition } from '../statement/if-not-exists.js'
import { literalsInIndex, literalsInPlaceOfColumns } from '../statement/quoted-literals.js'
import { columnSources } from '../statement/column-sources.js'
import { countFilled, rowsToBeChanged, rowsToBeTaken } from './statement-effects.js'
import { filledByTimeOrChance } from '../statement/time-or-chance.js'
import { tablesByRoot, tableAccessOf } from '../statement/table-access.js'

export interface ObserverOptions {
  migrationsTable: string
  /** Count the rows of tables in which a statement deletes: on real data only. */
  countRows: boolean
  /** Tell which tables a statement fills by the time or chance. */
  timeOrChance?: true
  /** The schema before the first of the files that are judged, for columns that these take away. */
  origin: DetailedCatalog
}

/** Counts of one table in one file are exact up to here; beyond, they would cost more than they tell. */
const MAX_COUNTS = 50

/** Runs the statements of one file and notes what each one reaches, by its words, its program and its effect. */
export class Observer {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #options: ObserverOptions
  readonly #counted = new Map<string, number>()
  #roots: Map<number, string> | undefined
  #catalog: DetailedCatalog | undefined

  constructor(database: DatabaseSync, file: string, options: ObserverOptions) {
    this.#database = database
    this.#file = file
    this.#options = options
  }

  run(statement: SqlStatement, anatomy: StatementParts): StatementEvidence {
    const touches = this.#touches(statement.sql, anatomy)
    const literals = this.#literals(statement.sql, anatomy, touches)
    const sources = columnSources(this.#database, statement.sql, anatomy)
    const timeOrChance =
      this.#options.timeOrChance && filledByTimeOrChance(this.#database, statement.sql, anatomy)
    const unmet = failedPrecondition(this.#database, statement.sql, anatomy)
    const deletes = this.#options.countRows ? touches.filter(({ how }) => how === 'delete') : []
    const counts = deletes.flatMap(({ table }) => {
      const before = this.#count(table)
      return before === undefined ? [] : [{ table, before, after: 0 }]
    })
    const { countRows } = this.#options
    const taken = countRows ? rowsToBeTaken(this.#database, statement.sql, anatomy) : []
    const planned = countRows ? readsOf(this.#database, statement.sql, anatomy) : undefined
    const filled = this.#filled(statement.sql, anatomy, planned !== undefined)
    const started = performance.now()
    const totalBefore = countRows ? this.#totalChanges() : 0
    const changes = this.#execute(statement.sql, anatomy)
    const durationMs = performance.now() - started
    const beside = countRows ? this.#totalChanges() - totalBefore - changes : 0
    const fires = beside > 0 ? firedTriggers(this.#database, anatomy, { changes, beside }) : undefined
    const fired = countRows ? triggerReads(this.#database, anatomy, changes) : undefined
    if (changesSchema(anatomy)) {
      this.#roots = undefined
      this.#catalog = undefined
    }
    for (const count of counts) count.after = this.#rows(count.table) ?? 0
    const reads = [planned, fired, this.#keyReads(anatomy, counts)].sort(
      (a, b) => (b?.rows ?? 0) - (a?.rows ?? 0),
    )[0]
    return {
      file: this.#file,
      line: statement.line,
      sql: statement.sql,
      anatomy,
      touches,
      changes,
      counts,
      literals,
      sources,
      ...defined({ timeOrChance, unmet, reads, fires }),
      ...(taken.length === 0 ? {} : { taken }),
      ...filled(changes),
      ...(this.#writesLedger(anatomy) ? { writesLedger: true } : {}),
      durationMs,
    }
  }

  /** Counts the values of the columns that an UPDATE sets; the answer counts them again. */
  #filled(
    sql: string,
    anatomy: StatementParts,
    heavy: boolean,
  ): (changes: number) => Pick<StatementEvidence, 'filled'> {
    if (!this.#options.countRows || anatomy.verb !== 'update' || !this.#mayCount(anatomy.target ?? ''))
      return () => ({})
    const before = countFilled(this.#database, anatomy)
    const changed = rowsToBeChanged(this.#database, sql, anatomy, heavy)
    return (changes) => {
      const after = countFilled(this.#database, anatomy)
      const filled = before.flatMap(({ column, values }, at) => {
        const now = after[at]?.values
        // Several rows of FROM may have met one of the table.
        const met = changed.get(column.toLowerCase())
        const rows = met === undefined ? undefined : Math.min(met, changes)
        return now === undefined
          ? []
          : [{ column, before: values, after: now, ...defined({ changed: rows }) }]
      })
      return filled.length === 0 ? {} : { filled }
    }
  }

  #keyReads({ target }: StatementParts, counts: StatementEvidence['counts']): HeavyReads | undefined {
    const countOf = (table: string) => counts.find((count) => sameName(count.table, table))
    const own = countOf(target ?? '')
    if (target === undefined || own === undefined || !isMany(own.before - own.after)) return undefined
    this.#catalog ??= readDetailedCatalog(this.#database, { migrationsTable: this.#options.migrationsTable })
    return keyReads(
      this.#database,
      this.#catalog,
      target,
      own.before - own.after,
      (table) => countOf(table)?.before,
    )
  }

  #execute(sql: string, anatomy: StatementParts): number {
    runForeign(this.#database, sql)
    if (!this.#options.countRows || !/^(?:insert|update|delete)$/.test(anatomy.verb)) return 0
    return Number(this.#database.prepare('SELECT changes() AS n').get()?.['n'])
  }

  #totalChanges(): number {
    return Number(this.#database.prepare('SELECT total_changes() AS n').get()?.['n'])
  }

  #touches(sql: string, anatomy: StatementParts): TableAccess[] {
    if (!needsProgram(anatomy) && !(this.#options.countRows && anatomy.verb === 'insert'))
      return anatomy.verb === 'insert' ? [insertInto(anatomy)] : []
    // Only what can move values from one table to another is asked what it reads.
    const reads = anatomy.copies || (anatomy.verb === 'update' && /\b(?:select|from)\b/i.test(sql))
    if (reads) this.#roots ??= tablesByRoot(this.#database)
    const touches = tableAccessOf(this.#database, sql, reads ? this.#roots : undefined)
    if (reads) touches.push(...this.#searched(anatomy))
    // The program of a full-text table is its own.
    if (anatomy.verb === 'update') touches.push({ table: anatomy.target ?? '', how: 'update' })
    if (anatomy.verb === 'delete' || anatomy.verb === 'drop-table')
      touches.push({ table: anatomy.target ?? '', how: 'delete' })
    if (anatomy.verb === 'insert' || anatomy.verb === 'create-table') touches.push(insertInto(anatomy))
    return touches
  }

  /** Full-text tables that the words of a statement name, beside its target. */
  #searched({ tokens, target }: StatementParts): TableAccess[] {
    const rows = this.#database
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage = 0`)
      .all()
    return rows
      .map((row) => cellText(row['name']))
      .filter((name) => name.toLowerCase() !== target?.toLowerCase() && mentions(tokens, name))
      .map((table) => ({ table, how: 'read' }))
  }

  #literals(sql: string, anatomy: StatementParts, touches: TableAccess[]): string[] {
    if (anatomy.verb === 'create-index' && sql.includes('"'))
      return literalsInIndex(this.#database, sql, anatomy)
    if (!/^(?:insert|update|delete|create-table)$/.test(anatomy.verb) || !sql.includes('"')) return []
    if (anatomy.verb === 'create-table' && !anatomy.copies) return []
    if (anatomy.verb === 'insert' && !anatomy.copies) return []
    this.#catalog ??= readDetailedCatalog(this.#database, { migrationsTable: this.#options.migrationsTable })
    const tables = touches.map(({ table }) => table)
    return literalsInPlaceOfColumns(
      this.#database,
      sql,
      anatomy,
      [this.#catalog, this.#options.origin],
      tables,
    )
  }

  #writesLedger({ verb, target }: StatementParts): boolean {
    const writes = /^(?:insert|update|delete|alter-table|drop-table)$/.test(verb)
    return writes && target?.toLowerCase() === this.#options.migrationsTable.toLowerCase()
  }

  #count(table: string): number | undefined {
    return this.#mayCount(table) ? this.#rows(table) : undefined
  }

  #mayCount(table: string): boolean {
    const counted = this.#counted.get(table) ?? 0
    this.#counted.set(table, counted + 1)
    return counted < MAX_COUNTS
  }

  /** Undefined for a table that is no more. */
  #rows(table: string): number | undefined {
    try {
      const row = this.#database.prepare(`SELECT count(*) AS n FROM main.${quoteName(table)}`).get()
      return Number(row?.['n'])
    } catch {
      return undefined
    }
  }
}

function insertInto(anatomy: StatementParts): TableAccess {
  return { table: anatomy.target ?? '', how: 'insert' }
}

/** A plain INSERT … VALUES only adds rows; most other statements may reach further than their words say. */
function needsProgram(anatomy: StatementParts): boolean {
  switch (anatomy.verb) {
    case 'update':
    case 'delete':
    case 'drop-table':
      return true
    case 'insert':
      return anatomy.copies || anatomy.replaces || anatomy.tokens.some(({ text }) => /^conflict$/i.test(text))
    case 'create-table':
      return anatomy.copies
    default:
      return false
  }
}

function changesSchema(anatomy: StatementParts): boolean {
  return /^(?:create|drop|alter)/.test(anatomy.verb)
}
