/** A refusal as the Cloudflare API words it: an HTTP status and one numbered error in the envelope. */
export class ApiFailure extends Error {
  readonly status: number
  readonly code: number
  readonly headers: Record<string, string>

  constructor(status: number, code: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.name = 'ApiFailure'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** D1 gives every SQL error this number; only the text tells them apart. */
export const SQL_ERROR_CODE = 7500

/** SQL that D1 refuses. `message` is what workerd says, without its `D1_ERROR: ` in front. */
export function sqlFailure(message: string): ApiFailure {
  return new ApiFailure(400, SQL_ERROR_CODE, message)
}

export const notAuthorized = (): ApiFailure => sqlFailure('not authorized: SQLITE_AUTH')

export function databaseNotFound(id: string): ApiFailure {
  return new ApiFailure(404, 7404, `The database ${id} could not be found`)
}

/** Extended result codes of SQLite that D1 spells out after the message. */
const CONSTRAINTS: Record<number, string> = {
  275: 'CHECK',
  531: 'COMMITHOOK',
  787: 'FOREIGNKEY',
  1299: 'NOTNULL',
  1555: 'PRIMARYKEY',
  1811: 'TRIGGER',
  2067: 'UNIQUE',
  2579: 'ROWID',
  3091: 'DATATYPE',
}

/** What Node's SQLite threw, as D1 says it. Anything else is a bug of this server and is thrown on. */
export function asSqlFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error
  if (!isSqliteError(error)) throw error
  const constraint = CONSTRAINTS[error.errcode]
  if (constraint !== undefined) {
    return sqlFailure(`${error.message}: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_${constraint})`)
  }
  if (error.errcode === 18) return sqlFailure(`${error.message}: SQLITE_TOOBIG`)
  if (error.errcode === 20) return sqlFailure(`${error.message}: SQLITE_MISMATCH`)
  return sqlFailure(`${error.message}: SQLITE_ERROR`)
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}
