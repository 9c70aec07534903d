import { RunbookError, messageOf } from '../../contract/failures.js'
import { ledgerSql, recordSql } from '../../d1/schema/ledger.js'
import type { MigrationFile } from '../../contract/target.js'
import { CATALOG_SQL, catalogOf, schemaFingerprint } from '../../d1/schema/catalog.js'
import { splitStatements } from '../../d1/sql/statements.js'
import { openScratch, type OpenScratch, type ScratchDatabase } from '../../d1/scratch/scratch-workerd.js'
import { anatomyOf } from '../statement/statement.js'
import type { FailureEvidence, StatementRows } from '../evidence.js'

/** workerd counts the text of a request as one statement. Bytes. */
const LONGEST_TEXT = 100_000

/** What D1's own engine made of the files. */
export interface D1Run {
  schemaFingerprint: string
  predictedFingerprint: string
  fingerprints: Map<string, { before: string; after: string }>
  /** Milliseconds by file. */
  durations: Record<string, number>
  failures: FailureEvidence[]
  /** By file, where its statements were sent one by one. */
  costs: Map<string, StatementRows[]>
  /** Rows that the queries of production read, by their text: before the files and after all of them. */
  measured: Map<string, { before: number; after: number }>
  /** Runs the reverse after the files. Undefined when it leads back to the schema of before, else why it does not. */
  tryBack: (sql: string) => Promise<string | undefined>
  /** Stops the engine. */
  close: () => Promise<void>
}

/**
 * Applies the files in workerd as Wrangler sends them, with the INSERT into the ledger behind each: what D1 accepts, and the
 * fingerprints that production must show, are D1's own. Stops at the first file that it refuses.
 */
export async function runOnD1(options: {
  input: { signal?: AbortSignal; onProgress?: (message: string) => void }
  file: string
  pending: MigrationFile[]
  migrationsTable: string
  /** Queries to measure: the text, and it with values in place of its parameters. */
  asked?: readonly AskedQuery[]
  open?: OpenScratch
}): Promise<D1Run> {
  const { input, pending, migrationsTable, asked = [], open = openScratch } = options
  const scratch = await open({ file: options.file })
  const close = async (): Promise<void> => {
    await scratch.close()
    await scratch.remove()
  }
  try {
    const first = await fingerprintOf(scratch, migrationsTable)
    const run: D1Run = {
      schemaFingerprint: first,
      predictedFingerprint: first,
      fingerprints: new Map(),
      durations: {},
      failures: [],
      costs: new Map(),
      measured: new Map(),
      tryBack: (sql) => tryBack(scratch, sql, first, migrationsTable),
      close,
    }
    await scratch.batchFile(`${ledgerSql(migrationsTable)};`)
    const before = await rowsReadBy(scratch, asked)
    for (const file of pending) {
      input.signal?.throwIfAborted()
      input.onProgress?.(`Running ${file.name} on D1's engine`)
      const started = performance.now()
      try {
        const costs = await apply(scratch, asSent(file, migrationsTable))
        if (costs !== undefined) run.costs.set(file.name, costs)
      } catch (error) {
        if (!isRefusal(error)) throw error
        run.failures.push(locate(error, file))
        break
      }
      run.durations[file.name] = performance.now() - started
      const after = await fingerprintOf(scratch, migrationsTable)
      run.fingerprints.set(file.name, { before: run.predictedFingerprint, after })
      run.predictedFingerprint = after
    }
    for (const [sql, rows] of run.failures.length > 0 ? [] : await rowsReadBy(scratch, asked)) {
      const was = before.get(sql)
      if (was !== undefined) run.measured.set(sql, { before: was, after: rows })
    }
    return run
  } catch (error) {
    await close()
    throw error
  }
}

/** A query of production's, and it with values of the copy in place of its parameters. */
export interface AskedQuery {
  sql: string
  bound: string
}

/** What D1 refuses of it is not measured; native SQLite ran each of them to its end before. */
async function rowsReadBy(
  scratch: ScratchDatabase,
  asked: readonly AskedQuery[],
): Promise<Map<string, number>> {
  const rows = new Map<string, number>()
  for (const { sql, bound } of asked) {
    try {
      const [cost] = await scratch.costs([bound])
      if (cost !== undefined) rows.set(sql, cost.rowsRead)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }
  return rows
}

/** Statements of a file that are sent one by one, to learn what each costs; the engine takes about a millisecond for each. */
const SINGLY = 100

/**
 * A file with few statements is sent as a batch of them, which is one transaction too, for what each one costs. Where the batch is
 * refused the text as a whole decides, as Wrangler sends it.
 */
async function apply(scratch: ScratchDatabase, sql: string): Promise<StatementRows[] | undefined> {
  const statements = Buffer.byteLength(sql) <= LONGEST_TEXT ? splitStatements(sql) : []
  if (statements.length > 0 && statements.length <= SINGLY + 1) {
    try {
      const costs = await scratch.costs(statements.map((statement) => statement.sql))
      // The last one is the row of the ledger.
      return statements.slice(0, -1).map(({ line }, at) => ({ line, ...(costs[at] ?? NOTHING) }))
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }
  await send(scratch, sql)
  return undefined
}

const NOTHING = { rowsRead: 0, rowsWritten: 0 }

/** As Wrangler sends a file: whole, and past the length of one statement cut into its statements; one transaction both ways. */
async function send(scratch: ScratchDatabase, sql: string): Promise<void> {
  if (Buffer.byteLength(sql) <= LONGEST_TEXT) return scratch.batchFile(sql)
  await scratch.batch(splitStatements(sql).map((statement) => statement.sql))
}

/** An engine that fell over says nothing of the SQL. */
function isRefusal(error: unknown): boolean {
  return error instanceof RunbookError && error.type === 'SqlRefused'
}

async function tryBack(
  scratch: ScratchDatabase,
  sql: string,
  wanted: string,
  migrationsTable: string,
): Promise<string | undefined> {
  try {
    await send(scratch, sql)
  } catch (error) {
    return isRefusal(error)
      ? `D1 refuses the reverse migration: ${messageOf(error)}`
      : `The reverse migration is not proven: ${messageOf(error)}`
  }
  const got = await fingerprintOf(scratch, migrationsTable)
  return got === wanted ? undefined : 'On D1 the reverse migration does not lead back to the exact schema.'
}

async function fingerprintOf(scratch: ScratchDatabase, migrationsTable: string): Promise<string> {
  return schemaFingerprint(catalogOf(await scratch.query(CATALOG_SQL), migrationsTable))
}

/** Transaction control is a finding of its own; without it the rest can still be tried. */
function asSent(file: MigrationFile, migrationsTable: string): string {
  let sql = file.sql
  for (const statement of splitStatements(file.sql)) {
    if (anatomyOf(statement.sql).verb !== 'transaction') continue
    const end = statement.offset + statement.sql.length
    sql = `${sql.slice(0, statement.offset)}${' '.repeat(statement.sql.length)}${sql.slice(end).replace(/^;/, ' ')}`
    if (sql.length < file.sql.length) sql = sql.padEnd(file.sql.length)
  }
  return `${sql}\n${recordSql(migrationsTable, file.name)};`
}

/** D1 names no statement: the one that says something of its error message, else the file. */
function locate(error: unknown, file: MigrationFile): FailureEvidence {
  const raw = messageOf(error)
  const message = raw.replace(/^D1 refused the SQL: /, '')
  const near = /(?:near|column|table|function|on|named) "?:? ?([\w$.]+)/.exec(message)?.[1]?.toLowerCase()
  const statements = splitStatements(file.sql)
  const found =
    near === undefined ? undefined : statements.find(({ sql }) => sql.toLowerCase().includes(near))
  const statement = found ?? statements[0]
  return {
    file: file.name,
    line: statement?.line ?? 1,
    sql: statement?.sql ?? '',
    message: `D1 refuses the file: ${message}`,
    where: 'copy',
    code: 'RH101',
  }
}
