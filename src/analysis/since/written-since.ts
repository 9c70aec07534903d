import type { MadeObject, WrittenTable } from '../../contract/rollback.js'
import { CATALOG_SQL, catalogOf, type Catalog } from '../../d1/schema/catalog.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import { holdsRows, readDetailedCatalog, type DetailedCatalog } from '../../d1/schema/schema.js'
import { attachAfterwards, openConfined } from '../../d1/sqlite/confined.js'
import { openSqlite, quoteName } from '../../d1/sqlite/sqlite.js'
import { number } from '../compare/row-keys.js'
import type { StatementEvidence } from '../evidence.js'
import { replayFile } from '../replay/replay.js'
import { madeObjects } from '../../d1/schema/made-objects.js'
import { rowsSince } from './rows-since.js'
import { uncertainTables } from './uncertain-tables.js'

export interface SinceInput {
  /** The restored archive, an SQLite file of its own: the files are run on it, and it is left so. */
  archiveFile: string
  /** What was applied since, in order. */
  files: { name: string; sql: string }[]
  migrationsTable: string
  /** A copy of the database of now; absent: the files are run, and nothing is compared. */
  currentFile?: string
}

export interface SinceAnswer {
  /** Tables that the files make otherwise each time, in lower case. */
  uncertain: string[]
  tables: WrittenTable[]
  objects: MadeObject[]
}

/**
 * Runs the files on the archive and holds the database of now against what they make of it: the difference is what others wrote. Throws
 * an `Error` for a file that does not run.
 */
export function findWrittenSince(input: SinceInput): SinceAnswer {
  const { archiveFile, currentFile, migrationsTable } = input
  const { then, uncertain } = runFiles(input)
  if (currentFile === undefined) return { uncertain: [...uncertain], tables: [], objects: [] }
  const database = openConfined(currentFile)
  try {
    const now = readDetailedCatalog(database, { migrationsTable })
    const current = catalogOf(database.prepare(CATALOG_SQL).all(), migrationsTable)
    attachAfterwards(database, archiveFile, 'prior')
    const names = new Map([...then.tables, ...now.tables].map(([key, { name }]) => [key, name]))
    const tables = [...names].flatMap(([key, table]): WrittenTable[] => {
      const [was, is] = [then, now].map((catalog) => {
        const found = catalog.tables.get(key)
        return found !== undefined && holdsRows(found) ? found : undefined
      })
      if (was === undefined && is === undefined) return []
      const rows = (schema: string): number =>
        number(database, `SELECT count(*) AS n FROM ${schema}.${quoteName(table)}`)
      const difference = (is === undefined ? 0 : rows('main')) - (was === undefined ? 0 : rows('prior'))
      const found = (seen: Pick<WrittenTable, 'added' | 'changed' | 'gone'>): WrittenTable => ({
        table,
        ...seen,
        difference,
      })
      if (was === undefined) return [found({ added: difference, changed: 0, gone: 0 })]
      if (is === undefined) return [found({ added: 0, changed: 0, gone: -difference })]
      if (uncertain.has(key))
        return [{ ...found({ added: null, changed: null, gone: null }), uncertain: true }]
      return [found(rowsSince(database, was, is))]
    })
    return {
      uncertain: [...uncertain],
      tables: tables.filter(differs),
      objects: madeObjects(archived(archiveFile, migrationsTable), current),
    }
  } finally {
    database.close()
  }
}

function runFiles({ archiveFile, files, migrationsTable }: SinceInput): {
  then: DetailedCatalog
  uncertain: Set<string>
} {
  const database = openConfined(archiveFile)
  try {
    database.exec('PRAGMA synchronous = OFF')
    database.exec(ledgerSql(migrationsTable))
    const statements: StatementEvidence[] = []
    for (const file of files) {
      const origin = readDetailedCatalog(database, { migrationsTable })
      const replay = replayFile(database, file, {
        ...{ migrationsTable, countRows: false, timeOrChance: true, origin },
      })
      const failure = replay.failures.find(({ code }) => code !== 'TX101')
      if (failure !== undefined)
        throw new Error(`${file.name} does not run on the archive: ${failure.message}`)
      statements.push(...replay.statements)
    }
    const then = readDetailedCatalog(database, { migrationsTable })
    return { then, uncertain: uncertainTables(statements) }
  } finally {
    database.close()
  }
}

function archived(file: string, migrationsTable: string): Catalog {
  const database = openSqlite(file, { readOnly: true })
  try {
    return catalogOf(database.prepare(CATALOG_SQL).all(), migrationsTable)
  } finally {
    database.close()
  }
}

function differs({ added, changed, gone, difference }: WrittenTable): boolean {
  return added !== 0 || changed !== 0 || gone !== 0 || difference !== 0
}
