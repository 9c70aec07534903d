import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MigrationFile } from '../../contract/target.js'
import { CATALOG_SQL, catalogOf, type CatalogObject } from '../../d1/schema/catalog.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import { readDetailedCatalog, type DetailedCatalog } from '../../d1/schema/schema.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import { openSqlite } from '../../d1/sqlite/sqlite.js'
import type { ParsedStatement } from '../../d1/sql/statements.js'
import { replayFile } from '../replay/replay.js'

/** What the files make of an empty database, up to one of them. */
export interface ChainState {
  objects: Map<string, CatalogObject>
  catalog: DetailedCatalog
  /** An SQLite file with the rows that the files insert. */
  file: string
}

/** One pending file, and what the database must hold once it and those before it have run. */
export interface ChainLink {
  name: string
  before: ChainState
  /** Undefined: it does not run on a scratch database, and `failure` says why. */
  after?: ChainState
  failure?: string
  statements: ParsedStatement[]
}

export interface ChainInput {
  /** The folder in apply order. */
  files: MigrationFile[]
  applied: readonly string[]
  migrationsTable: string
  /** For the scratch databases. */
  folder: string
}

export interface Chain {
  links: ChainLink[]
  /** Keys of the objects that the database had after any of the files that were run, applied ones too. */
  made: Set<string>
  /** From the first file on that does not run: what these make was not seen. */
  notRun: MigrationFile[]
}

/**
 * Replays the files on an empty database, and keeps what it looks like behind each pending one. Files that the ledger names already
 * and that come later are run behind it as well: the database has them. Ends at the first file that does not run.
 */
export function replayChain(input: ChainInput): Chain {
  const { files, applied, migrationsTable } = input
  const links: ChainLink[] = []
  const made = new Set<string>()
  const scratch = new Scratch(input.folder, migrationsTable)
  const known = new Set(applied)
  const laterThan = (at: number): MigrationFile[] => files.slice(at).filter(({ name }) => known.has(name))
  let trunk = scratch.empty()
  let before = scratch.branch(trunk, laterThan(0)) ?? scratch.state(trunk)
  for (const [at, file] of files.entries()) {
    const run = scratch.run(trunk, [file])
    const notRun = files.slice(at)
    if (!known.has(file.name)) {
      const link = { name: file.name, before, statements: run.statements }
      if (run.failure !== undefined)
        return { links: [...links, { ...link, failure: run.failure }], made, notRun }
      const later = laterThan(at + 1)
      const after = scratch.branch(run.file, later)
      links.push(after === undefined ? { ...link, failure: notBehind(later) } : { ...link, after })
      before = after ?? before
    } else if (run.failure !== undefined) {
      // What the ledger names and does not run here says nothing of the files behind it.
      const next = notRun.find(({ name }) => !known.has(name))
      const why = `${file.name}, which the ledger names, does not run on a scratch database: ${run.failure}`
      if (next !== undefined) links.push({ name: next.name, before, failure: why, statements: [] })
      return { links, made, notRun }
    }
    trunk = run.file
    for (const key of readState(trunk, migrationsTable).objects.keys()) made.add(key)
  }
  return { links, made, notRun: [] }
}

function notBehind(later: MigrationFile[]): string {
  return `${later.map(({ name }) => name).join(', ')}, which the ledger names, does not run behind it on a scratch database`
}

export function objectKey({ type, name }: Pick<CatalogObject, 'type' | 'name'>): string {
  return `${type} ${name.toLowerCase()}`
}

/** Small databases, one a state: each is a copy of the one before with one file more. */
class Scratch {
  readonly #folder: string
  readonly #migrationsTable: string
  #count = 0

  constructor(folder: string, migrationsTable: string) {
    this.#folder = folder
    this.#migrationsTable = migrationsTable
  }

  empty(): string {
    const file = this.#next()
    const database = openSqlite(file)
    try {
      database.exec(ledgerSql(this.#migrationsTable))
    } finally {
      database.close()
    }
    return file
  }

  /** A copy of `from` on which `files` have run. */
  run(
    from: string,
    files: MigrationFile[],
  ): { file: string; failure?: string; statements: ParsedStatement[] } {
    const file = this.#next()
    copyFileSync(from, file)
    const database = openConfined(file)
    try {
      database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY')
      const migrationsTable = this.#migrationsTable
      const statements: ParsedStatement[] = []
      for (const each of files) {
        const origin = readDetailedCatalog(database, { migrationsTable })
        const replay = replayFile(database, each, { migrationsTable, countRows: false, origin })
        statements.push(...replay.parsed.statements)
        const failure = replay.failures.find(({ code }) => code !== 'TX101')
        if (failure !== undefined)
          return { file, failure: `line ${failure.line}: ${failure.message}`, statements }
      }
      return { file, statements }
    } finally {
      database.close()
    }
  }

  /** The state with `files` run behind it; undefined where they do not run. */
  branch(from: string, files: MigrationFile[]): ChainState | undefined {
    if (files.length === 0) return this.state(from)
    const { file, failure } = this.run(from, files)
    return failure === undefined ? this.state(file) : undefined
  }

  state(file: string): ChainState {
    return { ...readState(file, this.#migrationsTable), file }
  }

  #next(): string {
    this.#count += 1
    return join(this.#folder, `state-${this.#count}.sqlite`)
  }
}

export function readState(file: string, migrationsTable: string): Omit<ChainState, 'file'> {
  const database = openSqlite(file, { readOnly: true })
  try {
    const catalog = catalogOf(database.prepare(CATALOG_SQL).all(), migrationsTable)
    return {
      objects: new Map(catalog.map((object) => [objectKey(object), object])),
      catalog: readDetailedCatalog(database, { migrationsTable }),
    }
  } finally {
    database.close()
  }
}
