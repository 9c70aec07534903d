import { tokenAt, type Token } from './tokens.js'

/** One statement of a migration file. */
export interface SqlStatement {
  /** Its text from the first word to the last, without the `;`. */
  sql: string
  /** 1-based line of its first word. */
  line: number
  /** 1-based line of its last character. */
  endLine: number
  /** Position of its first character in the file, in UTF-16 units. */
  offset: number
  /** Whether a `;` ends it: Wrangler appends its own statement to the file, so the last one needs it. */
  terminated: boolean
}

/**
 * Splits a file as SQLite does: at each `;` outside of quotes and comments; a `CREATE TRIGGER` ends at the `;` that follows
 * `; END` (the rule of `sqlite3_complete`, so CASE … END inside needs no counting). Comments and empty statements
 * are no statements: a file of nothing else yields an empty list.
 */
export function splitStatements(sql: string): SqlStatement[] {
  return parseStatements(sql).statements
}

/**
 * The text of an object in `sqlite_schema` without what is said behind its last word: SQLite keeps `-- …` there for a view, an index and some
 * tables, and a `;` put behind it would be a part of the comment.
 */
export function statementText(stored: string): string {
  const lastLine = stored.slice(stored.trimEnd().lastIndexOf('\n') + 1)
  const open = stored.lastIndexOf('/*') > stored.lastIndexOf('*/')
  if (!lastLine.includes('--') && !/\*\/\s*$/.test(stored) && !open) return stored
  return parseStatements(stored).statements[0]?.sql ?? stored
}

export interface ParsedStatement extends SqlStatement {
  /** Its tokens without white space and comments; positions count from its first character. */
  tokens: Token[]
}

export interface ParsedFile {
  statements: ParsedStatement[]
  /** A quote or comment that the file never closes. */
  open: Token | undefined
}

/** {@link splitStatements} with what was read on the way, so that a file is read once. */
export function parseStatements(sql: string): ParsedFile {
  const statements: ParsedStatement[] = []
  let open: Token | undefined
  const lines = lineCounter(sql)
  let current: Token[] = []

  const finish = (terminated: boolean): void => {
    const [first] = current
    const last = current.at(-1)
    if (first !== undefined && last !== undefined) {
      const end = last.start + last.text.length
      statements.push({
        sql: sql.slice(first.start, end),
        line: lines(first.start),
        endLine: lines(end - 1),
        offset: first.start,
        terminated,
        tokens: current.map((token) => ({ ...token, start: token.start - first.start })),
      })
    }
    current = []
  }

  for (let at = 0; at < sql.length;) {
    const token = tokenAt(sql, at)
    at += token.text.length
    if (token.open) open = token
    if (token.kind === 'space' || token.kind === 'comment') continue
    if (token.text !== ';') {
      current.push(token)
    } else if (isTrigger(current) && !triggerEnds(current)) {
      current.push(token)
    } else {
      finish(true)
    }
  }
  finish(false)
  return { statements, open }
}

/** Whether tokens begin a `CREATE TRIGGER`, whose body has semicolons of its own. */
export function isTrigger(tokens: readonly Token[]): boolean {
  const words = tokens.slice(0, 6).map(({ text }) => text.toUpperCase())
  const create = words.indexOf('CREATE')
  const skipped = words.slice(0, create)
  if (create < 0 || skipped.some((word) => !['EXPLAIN', 'QUERY', 'PLAN'].includes(word))) return false
  const next = words[create + 1]
  return next === 'TRIGGER' || ((next === 'TEMP' || next === 'TEMPORARY') && words[create + 2] === 'TRIGGER')
}

/** Whether a `;` behind these tokens of a trigger ends it. */
export function triggerEnds(tokens: readonly Token[]): boolean {
  return tokens.at(-1)?.text.toUpperCase() === 'END' && tokens.at(-2)?.text === ';'
}

/** Answers the 1-based line of growing positions without starting over each time. */
function lineCounter(text: string): (position: number) => number {
  let line = 1
  let at = 0
  return (position) => {
    if (position < at) {
      line = 1
      at = 0
    }
    for (;;) {
      const next = text.indexOf('\n', at)
      if (next < 0 || next >= position) return line
      line += 1
      at = next + 1
    }
  }
}
