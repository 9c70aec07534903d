import { isAbsentFunction, isAuthorizedPragma, MODULES, REFUSED_FUNCTIONS } from '../../d1/sql/authorized.js'
import { isReservedByD1 } from '../../d1/sql/reserved-names.js'
import type { SqlStatement } from '../../d1/sql/statements.js'
import { closingAt } from '../../d1/sql/parentheses.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import { anatomyOf, type StatementParts } from './statement.js'
import { grouped } from '../../contract/number.js'

/** A statement that D1 will not run although SQLite would. It is never executed here either. */
export interface Refusal {
  code: string
  message: string
  advice: string
}

/** Bytes. Source: https://developers.cloudflare.com/d1/platform/limits/ and workerd. */
const MAX_STATEMENT = 100_000
const MAX_COMPOUND = 5
/**
 * Operations of one program. workerd allows 25,000, and SQLite doubles the room of a program from 42 on, so that the room that it may
 * have ends here. Measured: 21,492 of rows x (columns + 1), whatever the number of columns.
 * Source: cloudflare/workerd src/workerd/util/sqlite.c++, SQLITE_LIMIT_VDBE_OP
 */
const MAX_OPERATIONS = 21_492
const MAX_PATTERN = 50

/** PRAGMAs that SQLite also has as `pragma_…()`. Source: https://sqlite.org/pragma.html#pragfunc; run against workerd. */
const OTHER_PRAGMAS = new Set(
  `analysis_limit application_id auto_vacuum automatic_index busy_timeout cache_size cache_spill cell_size_check checkpoint_fullfsync
   collation_list compile_options count_changes data_store_directory database_list default_cache_size empty_result_callbacks encoding
   freelist_count full_column_names fullfsync function_list hard_heap_limit incremental_vacuum integrity_check journal_mode
   journal_size_limit locking_mode max_page_count mmap_size module_list page_count pragma_list query_only read_uncommitted schema_version
   secure_delete short_column_names soft_heap_limit stats synchronous temp_store temp_store_directory threads trusted_schema user_version
   wal_autocheckpoint wal_checkpoint writable_schema`.split(/\s+/),
)

/** What else to call. */
const INSTEAD: Record<string, string> = {
  ceiling: 'D1 has it as ceil().',
  if: 'D1 has it as iif().',
  log10: 'D1 has log(10, x), and log(x), which is of base 10.',
  power: 'D1 has it as pow().',
}

/** Whether the database has a table or view of that name when the statement runs. */
export type Owns = (name: string) => boolean

/**
 * What D1 refuses in this statement, judged by its words; the rehearsal asks D1 itself. A name that SQLite gives a table of its own may be
 * one that the database `owns`.
 */
export function refusalOf(
  statement: SqlStatement,
  anatomy: StatementParts,
  owns: Owns = () => false,
): Refusal | undefined {
  const bytes = Buffer.byteLength(statement.sql)
  if (bytes > MAX_STATEMENT) {
    return {
      code: 'D1L101',
      message: `The statement is ${grouped(bytes)} bytes long; D1 takes at most ${grouped(MAX_STATEMENT)}.`,
      advice: 'Split it, for an INSERT into several with fewer rows each.',
    }
  }
  const values = valuesOf(anatomy)
  const operations = values.rows * (values.columns + 1)
  if (operations > MAX_OPERATIONS) {
    const most = Math.floor(MAX_OPERATIONS / (values.columns + 1))
    return {
      code: 'D1L101',
      message: `The statement adds ${grouped(values.rows)} rows of ${values.columns} values: its program is larger than D1's engine allows, which says "out of memory: SQLITE_NOMEM".`,
      advice: `Split it: of ${values.columns} values D1 takes at most ${grouped(most)} rows a statement.`,
    }
  }
  switch (anatomy.verb) {
    case 'transaction':
      return {
        code: 'TX101',
        message: `\`${firstWords(statement.sql)}\`: D1 runs each file as one transaction and refuses transaction control.`,
        advice: 'Remove BEGIN, COMMIT, SAVEPOINT and ROLLBACK: the file is atomic without them.',
      }
    case 'attach':
    case 'vacuum':
      return refusedKind(`\`${firstWords(statement.sql)}\``)
    case 'pragma':
      return pragmaRefusal(anatomy)
    default:
      if (anatomy.temporary) return refusedKind('A temporary object')
      return (
        explained(statement, anatomy, owns) ??
        moduleRefusal(anatomy) ??
        reservedName(anatomy) ??
        limit(anatomy.tokens, owns)
      )
  }
}

/** Rows of an INSERT … VALUES and values of the first of them; none of any other statement. */
function valuesOf({ verb, tokens }: StatementParts): { rows: number; columns: number } {
  if (verb !== 'insert') return { rows: 0, columns: 0 }
  const at = tokens.findIndex(({ kind, text }) => kind === 'word' && /^values$/i.test(text))
  let [depth, rows, columns] = [0, 0, 1]
  for (const { text } of at < 0 ? [] : tokens.slice(at)) {
    if (text === '(') depth += 1
    else if (text === ')') depth -= 1
    if (text === '(' && depth === 1) rows += 1
    if (text === ',' && depth === 1 && rows === 1) columns += 1
  }
  return { rows, columns }
}

function refusedKind(what: string): Refusal {
  return {
    code: 'D1L104',
    message: `${what} is refused by D1 (not authorized).`,
    advice: 'Use an ordinary table and drop it at the end of the file; leave out ATTACH and VACUUM.',
  }
}

/** EXPLAIN is no shelter: SQLite carries out some PRAGMAs while it reads them. */
function explained(statement: SqlStatement, { tokens }: StatementParts, owns: Owns): Refusal | undefined {
  const words = tokens.slice(0, 3).map(({ text }) => text.toUpperCase())
  if (words[0] !== 'EXPLAIN') return undefined
  const inner = tokens.slice(words[1] === 'QUERY' && words[2] === 'PLAN' ? 3 : 1)
  return refusalOf(statement, anatomyOf(statement.sql, inner), owns)
}

function moduleRefusal({ verb, tokens }: StatementParts): Refusal | undefined {
  if (verb !== 'create-virtual-table') return undefined
  const using = tokens.findIndex(({ kind, text }) => kind === 'word' && /^using$/i.test(text))
  const name = unquote(tokens[using + 1]?.text ?? '').toLowerCase()
  if (using < 0 || MODULES.has(name)) return undefined
  return {
    code: 'D1L104',
    message: `Virtual tables of ${name} are refused by D1 (not authorized).`,
    advice: 'For full-text search use fts5.',
  }
}

function pragmaRefusal(anatomy: StatementParts): Refusal | undefined {
  const name = anatomy.target?.toLowerCase() ?? ''
  const named = anatomy.tokens.findIndex(({ text }) => unquote(text).toLowerCase() === name)
  if (isAuthorizedPragma(name, /^[=(]$/.test(anatomy.tokens[named + 1]?.text ?? ''))) return undefined
  return {
    code: 'TX102',
    message: `PRAGMA ${name} is refused by D1 (not authorized), and the file fails with it.`,
    advice: 'Remove the PRAGMA.',
  }
}

function reservedName(anatomy: StatementParts): Refusal | undefined {
  const to = anatomy.alteration?.kind === 'rename-table' ? anatomy.alteration.to : undefined
  const created = anatomy.verb.startsWith('create') ? anatomy.target : undefined
  const name = [to, created].find((candidate) => candidate !== undefined && isReservedByD1(candidate))
  if (name === undefined) return undefined
  return {
    code: 'D1L103',
    message: `Names that start with _cf_ are reserved by D1: ${name} is refused.`,
    advice: 'Choose another name.',
  }
}

function limit(tokens: Token[], owns: Owns): Refusal | undefined {
  const sy101 = (message: string, advice: string): Refusal => ({
    code: 'SY101',
    message,
    advice,
  })
  const terms = longestCompound(tokens)
  if (terms > MAX_COMPOUND) {
    return sy101(
      `A compound SELECT of ${terms} terms: D1 takes at most ${MAX_COMPOUND}.`,
      'Use INSERT … VALUES with several rows, or several statements.',
    )
  }
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1]
    if (token.kind === 'variable')
      return sy101(
        `${token.text} is a parameter, and nothing in a migration gives it a value: D1 refuses the file.`,
        'Write the value itself.',
      )
    const word = token.text.toLowerCase()
    const refused = refusedFunction(tokens, at, owns)
    if (refused !== undefined)
      return sy101(`D1 does not authorise the function ${refused}().`, INSTEAD[refused] ?? 'Leave it out.')
    if (isPages(tokens, at) && !isOwn(tokens, 'dbstat', owns))
      return sy101('D1 has no table dbstat, which SQLite has elsewhere.', 'Leave it out.')
    const pattern = next?.kind === 'string' ? unquote(next.text) : ''
    if ((word === 'like' || word === 'glob') && Buffer.byteLength(pattern) > MAX_PATTERN) {
      return sy101(
        `The ${word.toUpperCase()} pattern is longer than the ${MAX_PATTERN} bytes that D1 takes.`,
        'Shorten the pattern or use instr().',
      )
    }
  }
  return undefined
}

/** A table of SQLite's own that tells of pages is read there. Source: https://sqlite.org/dbstat.html */
function isPages(tokens: Token[], at: number): boolean {
  const { kind = 'symbol', text = '' } = tokens[at] ?? {}
  const named = (kind === 'word' || kind === 'name') && unquote(text).toLowerCase() === 'dbstat'
  if (!named) return false
  const before = sourceBefore(tokens, at)
  return /^(?:from|join|in)$/i.test(before) || (before === ',' && isInFrom(tokens, at))
}

/** One of several tables behind FROM: the last of such words before it, outside of parentheses, is that one. */
function isInFrom(tokens: Token[], at: number): boolean {
  let depth = 0
  for (const { kind, text } of tokens.slice(0, at).reverse()) {
    if (text === ')') depth += 1
    if (text === '(') depth -= 1
    if (depth < 0) return false
    if (depth > 0 || kind !== 'word') continue
    if (/^(?:from|join)$/i.test(text)) return true
    if (/^(?:select|where|by|having|set|values|returning|limit|into)$/i.test(text)) return false
  }
  return false
}

/** The database has a table of that name, or a WITH of the statement makes one. */
function isOwn(tokens: Token[], name: string, owns: Owns): boolean {
  const made = tokens.some(
    ({ text }, at) =>
      unquote(text).toLowerCase() === name &&
      /^(?:with|recursive|,)$/i.test(tokens[at - 1]?.text ?? '') &&
      /^as$/i.test(tokens[tokens[at + 1]?.text === '(' ? closingAt(tokens, at + 1) + 1 : at + 1]?.text ?? ''),
  )
  return made || owns(name)
}

/** The word before the name of a table, and before that of its schema. */
function sourceBefore(tokens: Token[], at: number): string {
  return tokens[tokens[at - 1]?.text === '.' ? at - 3 : at - 1]?.text ?? ''
}

/** A function that D1 refuses and that is called there. */
function refusedFunction(tokens: Token[], at: number, owns: Owns): string | undefined {
  const token = tokens[at]
  if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) return undefined
  const name = unquote(token.text).toLowerCase()
  const before = tokens[at - 1]?.text.toLowerCase() ?? ''
  const calls = tokens[at + 1]?.text === '('
  const pragma = /^pragma_(\w+)$/.exec(name)?.[1] ?? ''
  if (OTHER_PRAGMAS.has(pragma)) {
    const read = calls ? !isPlace(before) : /^(?:from|join|in|,)$/.test(before)
    return read && !isOwn(tokens, name, owns) ? name : undefined
  }
  const refused = REFUSED_FUNCTIONS.has(name) || isAbsentFunction(name) || name === 'load_extension'
  if (!calls || !refused) return undefined
  if (isPlace(before)) return undefined
  const listed = before === ',' && /^as$/i.test(tokens[closingAt(tokens, at + 1) + 1]?.text ?? '')
  return listed && /^with$/i.test(tokens[0]?.text ?? '') ? undefined : name
}

/** A table or index may be called so behind this word: `INSERT INTO subtype (id)`, `WITH subtype (id) AS`. */
function isPlace(before: string): boolean {
  return /^(?:into|table|exists|references|on|with|recursive|index|\.)$/.test(before)
}

/** Terms of the longest compound SELECT; VALUES rows do not count. */
function longestCompound(tokens: Token[]): number {
  const depths = [1]
  let longest = 1
  for (const { kind, text } of tokens) {
    if (text === '(') depths.push(1)
    else if (text === ')' && depths.length > 1) depths.pop()
    else if (text === ';') depths[depths.length - 1] = 1
    else if (kind === 'word' && /^(?:UNION|INTERSECT|EXCEPT)$/i.test(text)) {
      const terms = (depths.at(-1) ?? 1) + 1
      depths[depths.length - 1] = terms
      longest = Math.max(longest, terms)
    }
  }
  return longest
}

function firstWords(sql: string): string {
  return sql.split(/\s+/).slice(0, 3).join(' ').slice(0, 40)
}
