import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'

export type Verb =
  | 'create-table'
  | 'create-virtual-table'
  | 'create-index'
  | 'create-trigger'
  | 'create-view'
  | 'drop-table'
  | 'drop-index'
  | 'drop-trigger'
  | 'drop-view'
  | 'alter-table'
  | 'insert'
  | 'update'
  | 'delete'
  | 'select'
  | 'pragma'
  | 'transaction'
  | 'attach'
  | 'vacuum'
  | 'other'

export type Alteration =
  | { kind: 'rename-table'; to: string }
  | { kind: 'rename-column'; from: string; to: string }
  | { kind: 'add-column'; column: string }
  | { kind: 'drop-column'; column: string }

/** What the words of one statement say. Only what the engine cannot be asked for. */
export interface StatementParts {
  verb: Verb
  /** The object that it names: a table for INSERT, the index for CREATE INDEX. */
  target: string | undefined
  temporary: boolean
  /** INSERT OR REPLACE, REPLACE. */
  replaces: boolean
  /** INSERT … SELECT or CREATE TABLE … AS SELECT. */
  copies: boolean
  hasWhere: boolean
  alteration: Alteration | undefined
  tokens: Token[]
}

/** Reads one statement's words. Never fails: what it does not know is `other`. */
export function anatomyOf(sql: string, tokens: Token[] = significantTokens(sql)): StatementParts {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : text))
  const start = mainVerbAt(words)
  const verb = verbAt(words, start)
  const named = namedAt(words, start, verb)
  const target = named === undefined ? undefined : nameAt(tokens, named)
  return {
    verb,
    target: target?.name,
    temporary:
      verb.startsWith('create') &&
      (/^TEMP(?:ORARY)?$/.test(words[start + 1] ?? '') || target?.schema === 'temp'),
    replaces: verb === 'insert' && (words[start] === 'REPLACE' || words[start + 2] === 'REPLACE'),
    copies: copies(words, start, verb),
    hasWhere: hasCondition(topLevel(words, start)),
    alteration:
      verb === 'alter-table' && target !== undefined ? alterationAt(tokens, words, target.next) : undefined,
    tokens,
  }
}

/** Whether a name stands among the tokens, quoted or not. */
export function mentions(tokens: Token[], name: string): boolean {
  return tokens.some(
    ({ kind, text }) =>
      (kind === 'word' || kind === 'name') && unquote(text).toLowerCase() === name.toLowerCase(),
  )
}

function mainVerbAt(words: string[]): number {
  if (words[0] !== 'WITH') return 0
  let depth = 0
  for (const [at, word] of words.entries()) {
    if (word === '(') depth += 1
    if (word === ')') depth -= 1
    if (depth === 0 && /^(?:INSERT|REPLACE|UPDATE|DELETE|SELECT)$/.test(word)) return at
  }
  return 0
}

const SIMPLE: Record<string, Verb> = {
  INSERT: 'insert',
  REPLACE: 'insert',
  UPDATE: 'update',
  DELETE: 'delete',
  SELECT: 'select',
  VALUES: 'select',
  PRAGMA: 'pragma',
  BEGIN: 'transaction',
  COMMIT: 'transaction',
  END: 'transaction',
  ROLLBACK: 'transaction',
  SAVEPOINT: 'transaction',
  RELEASE: 'transaction',
  ATTACH: 'attach',
  DETACH: 'attach',
  VACUUM: 'vacuum',
}

function verbAt(words: string[], at: number): Verb {
  const first = words[at] ?? ''
  if (first === 'ALTER') return 'alter-table'
  if (first !== 'CREATE' && first !== 'DROP') return SIMPLE[first] ?? 'other'
  const rest = words.slice(at + 1, at + 4).filter((word) => !/^(?:TEMP|TEMPORARY|UNIQUE)$/.test(word))
  const kind = rest[0] === 'VIRTUAL' ? 'VIRTUAL-TABLE' : (rest[0] ?? '')
  const verb = `${first}-${kind}`.toLowerCase()
  return VERBS.has(verb) ? (verb as Verb) : 'other'
}

const VERBS = new Set([
  'create-table',
  'create-virtual-table',
  'create-index',
  'create-trigger',
  'create-view',
  'drop-table',
  'drop-index',
  'drop-trigger',
  'drop-view',
])

const BEFORE_NAME = new Set(
  'CREATE DROP ALTER TEMP TEMPORARY UNIQUE VIRTUAL TABLE INDEX TRIGGER VIEW IF NOT EXISTS INSERT REPLACE INTO UPDATE DELETE FROM OR ABORT FAIL IGNORE ROLLBACK PRAGMA'.split(
    ' ',
  ),
)

function namedAt(words: string[], start: number, verb: Verb): number | undefined {
  if (['select', 'transaction', 'attach', 'vacuum', 'other'].includes(verb)) return undefined
  let at = start
  while (BEFORE_NAME.has(words[at] ?? '') && words[at + 1] !== '.') at += 1
  return at
}

function nameAt(
  tokens: Token[],
  at: number,
): { schema: string | undefined; name: string; next: number } | undefined {
  const token = tokens[at]
  if (token === undefined || token.kind === 'punctuation') return undefined
  const qualified = tokens[at + 1]?.text === '.' ? tokens[at + 2] : undefined
  if (qualified === undefined) return { schema: undefined, name: unquote(token.text), next: at + 1 }
  return { schema: unquote(token.text).toLowerCase(), name: unquote(qualified.text), next: at + 3 }
}

function alterationAt(tokens: Token[], words: string[], at: number): Alteration | undefined {
  const named = (position: number): string => unquote(tokens[position]?.text ?? '')
  const skip = words[at + 1] === 'COLUMN' ? at + 2 : at + 1
  if (words[at] === 'RENAME' && words[at + 1] === 'TO') return { kind: 'rename-table', to: named(at + 2) }
  if (words[at] === 'RENAME') return { kind: 'rename-column', from: named(skip), to: named(skip + 2) }
  if (words[at] === 'ADD') return { kind: 'add-column', column: named(skip) }
  if (words[at] === 'DROP') return { kind: 'drop-column', column: named(skip) }
  return undefined
}

function topLevel(words: string[], start: number): string[] {
  let depth = 0
  return words.slice(start).filter((word) => {
    if (word === '(') depth += 1
    if (word === ')') depth -= 1
    return depth === 0
  })
}

/** WHERE 1, WHERE TRUE, WHERE 1 = 1 choose nothing. */
function hasCondition(words: string[]): boolean {
  const at = words.indexOf('WHERE')
  return (
    at >= 0 &&
    !/^(?:1|TRUE|1 ==? 1)$/.test(
      words
        .slice(at + 1)
        .filter((word) => word !== ';')
        .join(' '),
    )
  )
}

function copies(words: string[], start: number, verb: Verb): boolean {
  if (verb === 'insert') return words.slice(start).includes('SELECT')
  return verb === 'create-table' && topLevel(words, start).includes('AS')
}
