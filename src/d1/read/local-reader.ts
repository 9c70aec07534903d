import { guard } from '../sqlite/disk-failure.js'
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { localDatabaseFile } from './local-file.js'
import type { Reader } from '../sqlite/reader.js'
import { openSqlite, type Row, type SqlValue } from '../sqlite/sqlite.js'

/** The file of a local target. Throws `ConfigInvalid` when the target has no state folder. */
export function targetFile({ environment, persistTo, database }: Target): string {
  if (persistTo !== undefined) return localDatabaseFile({ persistTo, databaseId: database.id })
  throw new RunbookError(
    'ConfigInvalid',
    `The environment "${environment}" is local but has no state folder.`,
    {
      advice: 'Set persistTo of the environment in runbook.config, or leave it out for .wrangler/state.',
    },
  )
}

/** Reads an SQLite file. A local database that was never written to is an empty one: Wrangler creates it when it applies. */
export function openFileReader(file: string): Reader {
  const database = guard(file, () =>
    existsSync(file) ? openSqlite(file, { readOnly: true }) : openSqlite(':memory:'),
  )
  return {
    query: (sql, params = []) =>
      Promise.resolve().then(() => guard(file, () => rowsOf(database, sql, params))),
    close: () => Promise.resolve(database.close()),
  }
}

function rowsOf(database: DatabaseSync, sql: string, params: SqlValue[]): Row[] {
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  return statement.all(...params.map(wholeNumber)).map((row) => {
    const plain: Row = {}
    for (const [column, value] of Object.entries(row)) plain[column] = exactNumber(value)
    return plain
  })
}

/** Node binds every number as a real; D1 takes a whole one as an integer. */
function wholeNumber(value: SqlValue): SqlValue {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value
}

/** Integers as the API gives them, and as `bigint` only where a number would round them. */
function exactNumber(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
