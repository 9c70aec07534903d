import {
  isAbsentFunction,
  isAuthorizedPragma,
  MODULES,
  REFUSED_FUNCTIONS,
} from '../../src/d1/sql/authorized.js'
import { significantTokens, unquote, type Token } from '../../src/d1/sql/tokens.js'
import { ALL_LIMITS, type EngineLimits } from './engine.js'
import { notAuthorized, sqlFailure, type ApiFailure } from './failure.js'

/**
 * What D1's authorizer refuses although SQLite would take it, found by reading the statement's tokens, since Node 22 has
 * no authorizer. `refusals.test.ts` compares each rule with real workerd.
 */
export function refusalOf(statement: string, limits: EngineLimits = ALL_LIMITS): ApiFailure | undefined {
  if (limits.statementBytes && Buffer.byteLength(statement) > STATEMENT_BYTES)
    return sqlFailure('statement too long: SQLITE_TOOBIG')
  const tokens = withoutExplain(significantTokens(statement))
  const first = wordAt(tokens, 0)
  // These would reach past the one file and the one transaction: never given to it.
  if (TRANSACTION_WORDS.has(first)) return sqlFailure(TRANSACTION_REFUSED)
  if (first === 'ATTACH' || first === 'DETACH') return notAuthorized()
  if (limits.compoundTerms && mostTerms(tokens) > TERMS_OF_COMPOUND_SELECT)
    return sqlFailure('too many terms in compound SELECT: SQLITE_ERROR')
  return limits.authorizer ? notAllowed(tokens, first) : undefined
}

function notAllowed(tokens: Token[], first: string): ApiFailure | undefined {
  if (first === 'PRAGMA') return refusedPragma(tokens)
  if (first === 'CREATE') return refusedCreation(tokens)
  if (first === 'ALTER' && renamesTableToReserved(tokens)) return notAuthorized()
  return refusedReference(tokens)
}

/** D1's limit of one statement. */
export const STATEMENT_BYTES = 100_000
const TERMS_OF_COMPOUND_SELECT = 5

const TRANSACTION_WORDS = new Set(['BEGIN', 'COMMIT', 'END', 'ROLLBACK', 'SAVEPOINT', 'RELEASE'])
const TRANSACTION_REFUSED =
  'To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs ' +
  'instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will ' +
  "automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic atomic " +
  'write coalescing.'

/** The tables in which D1 keeps its own state; every database has them. */
const OWN_TABLES = new Set(['_cf_kv', '_cf_metadata'])

function withoutExplain(tokens: Token[]): Token[] {
  if (wordAt(tokens, 0) !== 'EXPLAIN') return tokens
  return tokens.slice(wordAt(tokens, 1) === 'QUERY' ? 3 : 1)
}

function refusedPragma(tokens: Token[]): ApiFailure | undefined {
  const qualified = tokens[2]?.text === '.'
  if (qualified && nameAt(tokens, 1) !== 'main') return notAuthorized()
  const at = qualified ? 3 : 1
  const name = nameAt(tokens, at)
  const argument = tokens[at + 1] !== undefined && tokens[at + 1]?.text !== ';'
  return isAuthorizedPragma(name, argument) ? undefined : notAuthorized()
}

function refusedCreation(tokens: Token[]): ApiFailure | undefined {
  let at = 1
  if (['TEMP', 'TEMPORARY'].includes(wordAt(tokens, at))) return notAuthorized()
  while (['UNIQUE', 'VIRTUAL'].includes(wordAt(tokens, at))) at += 1
  const kind = wordAt(tokens, at)
  at += 1
  if (wordAt(tokens, at) === 'IF') at += 3
  if (tokens[at + 1]?.text === '.') {
    if (nameAt(tokens, at) === 'temp') return notAuthorized()
    at += 2
  }
  if (nameAt(tokens, at).startsWith('_cf_')) return notAuthorized()
  if (wordAt(tokens, 1) === 'VIRTUAL' && !MODULES.has(nameAt(tokens, at + 2))) return notAuthorized()
  // What stands in a view or a trigger is only text until it runs.
  if (kind === 'VIEW') return undefined
  if (kind === 'TRIGGER') {
    const body = tokens.findIndex((_, index) => wordAt(tokens, index) === 'BEGIN')
    return refusedReference(tokens.slice(at, body < 0 ? undefined : body))
  }
  return refusedReference(tokens.slice(at))
}

function renamesTableToReserved(tokens: Token[]): boolean {
  const at = tokens.findIndex((_, index) => wordAt(tokens, index) === 'RENAME')
  return at > 0 && wordAt(tokens, at + 1) === 'TO' && nameAt(tokens, at + 2).startsWith('_cf_')
}

/** Of the longest compound SELECT in the statement. */
function mostTerms(tokens: Token[]): number {
  const terms = [1]
  let most = 1
  for (const [index, { text }] of tokens.entries()) {
    if (text === '(') terms.push(1)
    else if (text === ')' && terms.length > 1) terms.pop()
    else if (text === ';') terms.splice(0, terms.length, 1)
    else if (['UNION', 'EXCEPT', 'INTERSECT'].includes(wordAt(tokens, index))) {
      const count = (terms.pop() ?? 1) + 1
      most = Math.max(most, count)
      terms.push(count)
    }
  }
  return most
}

/** A table, function or table-valued PRAGMA that the statement uses and D1 does not give. */
function refusedReference(tokens: Token[]): ApiFailure | undefined {
  for (const [index, token] of tokens.entries()) {
    const name = nameAt(tokens, index)
    const called = tokens[index + 1]?.text === '('
    if (called && name === 'load_extension') return sqlFailure('not authorized: SQLITE_ERROR')
    if (called && REFUSED_FUNCTIONS.has(name)) {
      return sqlFailure(`not authorized to use function: ${name} at offset ${token.start}: SQLITE_ERROR`)
    }
    if (called && isAbsentFunction(name)) {
      return sqlFailure(`no such function: ${token.text} at offset ${token.start}: SQLITE_ERROR`)
    }
    if (!namesTable(tokens, index)) continue
    if (OWN_TABLES.has(name)) return notAuthorized()
    if (name.startsWith('pragma_') && !isAuthorizedPragma(name.slice('pragma_'.length), false))
      return notAuthorized()
  }
  return undefined
}

const BEFORE_TABLE = new Set([
  'FROM',
  'JOIN',
  'INTO',
  'UPDATE',
  'TABLE',
  'ON',
  'EXISTS',
  'IN',
  'REPLACE',
  'IGNORE',
  'ABORT',
  'FAIL',
])

/** Whether the token stands where a table's name stands; `main.` may precede it. */
function namesTable(tokens: Token[], index: number): boolean {
  const before = tokens[index - 1]?.text
  if (before === '.') return nameAt(tokens, index - 2) === 'main'
  return before === ',' || before === '(' || BEFORE_TABLE.has(wordAt(tokens, index - 1))
}

function wordAt(tokens: Token[], index: number): string {
  const token = tokens[index]
  return token?.kind === 'word' ? token.text.toUpperCase() : ''
}

/** The name that the token spells, folded; text in single quotes is a name where SQLite wants one. */
function nameAt(tokens: Token[], index: number): string {
  const token = tokens[index]
  if (token === undefined || token.kind === 'number' || token.kind === 'punctuation') return ''
  return unquote(token.text).toLowerCase()
}
