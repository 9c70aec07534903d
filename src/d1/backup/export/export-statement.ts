import { significantTokens, type Token, type TokenKind } from '../../sql/tokens.js'

/** When a statement runs: at its place; once every row is there, so that nothing of it is read or fires meanwhile. */
export type Turn = 'now' | 'view' | 'trigger'

/**
 * When a statement of an export runs, or undefined for what no export consists of. An archive is a file that somebody hands over: it may
 * make tables, and rows of values that are written out; nothing in it may compute without end. What SQLite forbids queries in (CHECK,
 * DEFAULT, generated columns, indexes) is left to it. Sources: dumps of ours, Wrangler's exports,
 * https://sqlite.org/cli.html#converting_an_entire_database_to_a_text_file
 */
export function turnOf(sql: string): Turn | undefined {
  const tokens = significantTokens(sql)
  if (tokens.at(-1)?.text === ';') tokens.pop()
  // A variable may hold quotes and semicolons: two readers would not agree on where the statement ends.
  if (tokens.some(({ kind, open }) => open || kind === 'variable')) return undefined
  const at = new Cursor(tokens)
  if (at.take('CREATE', 'TRIGGER')) return 'trigger'
  if (tokens.some(({ text }) => text === ';')) return undefined
  if (at.take('CREATE', 'VIEW')) return 'view'
  const known = at.done() || isSchema(at) || isInsert(at) || isLaterKeys(at) || isHousekeeping(at)
  return known ? 'now' : undefined
}

/** Steps through the tokens of one statement. */
class Cursor {
  #at = 0
  readonly #tokens: readonly Token[]

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  done(): boolean {
    return this.#at === this.#tokens.length
  }

  /** Steps over these words and marks if they come next; `texts` in capitals. */
  take(...texts: string[]): boolean {
    const next = texts.every((text, ahead) => spells(this.#tokens[this.#at + ahead], text))
    if (next) this.#at += texts.length
    return next
  }

  one(...kinds: TokenKind[]): boolean {
    const kind = this.#tokens[this.#at]?.kind
    if (kind === undefined || !kinds.includes(kind)) return false
    this.#at += 1
    return true
  }

  name(): boolean {
    return this.one('word', 'name', 'string')
  }
}

function spells(token: Token | undefined, text: string): boolean {
  if (token === undefined || (token.kind !== 'word' && token.kind !== 'punctuation')) return false
  return token.text.toUpperCase() === text
}

/** Not a table `AS SELECT`, whose rows are whatever the query makes. */
function isSchema(at: Cursor): boolean {
  if (at.take('CREATE', 'INDEX') || at.take('CREATE', 'UNIQUE', 'INDEX')) return true
  const virtual = at.take('CREATE', 'VIRTUAL', 'TABLE')
  if (!virtual && !at.take('CREATE', 'TABLE')) return false
  at.take('IF', 'NOT', 'EXISTS')
  return at.name() && (virtual ? at.take('USING') : at.take('('))
}

function isInsert(at: Cursor): boolean {
  if (!at.take('INSERT', 'INTO') || !at.name()) return false
  if (at.take('(') && !(list(at, () => at.name()) && at.take(')'))) return false
  return at.take('VALUES') && list(at, () => isTuple(at)) && at.done()
}

/** Keys whose parent came later, as a dump of ours gives them afterwards. */
function isLaterKeys(at: Cursor): boolean {
  const sameKey = (): boolean =>
    at.name() && at.take('.') && at.name() && at.take('IS', 'GIVEN', '.') && at.one('word')
  const head = at.take('UPDATE') && at.name() && at.take('SET') && at.name()
  if (!head || !at.take('=', 'GIVEN', '.', 'COLUMN1', 'FROM', '(', 'VALUES')) return false
  if (!list(at, () => isTuple(at)) || !at.take(')', 'AS', 'GIVEN', 'WHERE')) return false
  return list(at, sameKey, 'AND') && at.done()
}

function isHousekeeping(at: Cursor): boolean {
  if (at.take('DELETE', 'FROM') || at.take('DROP', 'TABLE')) return at.name() && at.done()
  if (at.take('PRAGMA', 'DEFER_FOREIGN_KEYS', '=') || at.take('PRAGMA', 'FOREIGN_KEYS', '='))
    return at.one('word', 'number') && at.done()
  // Makes the table of the planner's statistics, whose rows D1 exports too; it counts nothing.
  return at.take('ANALYZE', 'SQLITE_SCHEMA') && at.done()
}

function list(at: Cursor, item: () => boolean, mark = ','): boolean {
  do if (!item()) return false
  while (at.take(mark))
  return true
}

function isTuple(at: Cursor): boolean {
  return at.take('(') && list(at, () => isValue(at)) && at.take(')')
}

/** `replace()` in `replace()`: no text of an export needs more. */
const DEEPEST = 8
const TYPES = ['TEXT', 'REAL', 'BLOB', 'INTEGER', 'NUMERIC']

/** A value written out, in one of the forms that exports have for it. */
function isValue(at: Cursor, depth = 0): boolean {
  if (at.one('string', 'number') || at.take('NULL')) return true
  if (at.take('-') || at.take('+')) return at.one('number')
  if (depth === DEEPEST) return false
  const inner = (): boolean => isValue(at, depth + 1)
  if (at.take('CAST', '('))
    return inner() && at.take('AS') && TYPES.some((type) => at.take(type)) && at.take(')')
  // A character for a mark: a longer text in its place could grow without measure.
  if (at.take('REPLACE', '('))
    return inner() && at.take(',') && at.one('string') && at.take(',') && isCharacter(at) && at.take(')')
  if (at.take('UNISTR', '(')) return at.one('string') && at.take(')')
  if (at.take('(', 'SELECT')) return isJoined(at)
  return at.take('(') && inner() && factors(at) && at.take(')')
}

function isCharacter(at: Cursor): boolean {
  return at.take('CHAR', '(') && at.one('number') && at.take(')')
}

/** A real of extreme size is an integer times or divided by powers of two. */
function factors(at: Cursor): boolean {
  while (at.take('*') || at.take('/')) if (!at.one('number')) return false
  return true
}

/** The pieces of a value that is too long for one statement, put together: of a table, for views come later. */
function isJoined(at: Cursor): boolean {
  return (
    at.take('GROUP_CONCAT', '(', 'VALUE', ',') &&
    at.one('string') &&
    at.take(')', 'FROM', '(', 'SELECT', 'VALUE', 'FROM') &&
    at.name() &&
    at.take('WHERE', 'PLACE', '=') &&
    at.one('number') &&
    at.take('ORDER', 'BY', 'PIECE', ')', ')')
  )
}
