import { parseStatements, type ParsedStatement } from '../../d1/sql/statements.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import { anatomyOf, mentions, type StatementParts } from '../statement/statement.js'

/** The statements of one file that make a table anew: create, copy, drop, rename, in whatever order and layout. */
export interface RebuildPlace {
  file: string
  /** The table that is dropped on the way, as the DROP names it. */
  table: string
  dropLine: number
  /** Whole lines, 1-based and inclusive. */
  fromLine: number
  toLine: number
  /** The text before, of and behind these statements. */
  head: string
  body: string
  /** What stands among them and has nothing to do with it. */
  keptBefore: string[]
  keptBehind: string[]
  /** What fills the new table, with the new table's name and `hold` in place of where the rows come from. */
  fill: (hold: string) => string[]
}

type Read = ParsedStatement & { anatomy: StatementParts }

/** The rebuilds of a file: one for each DROP of a table that a copy takes the place of. Pure. */
export function rebuildsIn(file: { name: string; sql: string }): RebuildPlace[] {
  const statements = parseStatements(file.sql).statements.map((statement) => ({
    ...statement,
    anatomy: anatomyOf(statement.sql, statement.tokens),
  }))
  return statements.flatMap((statement, at) => {
    const { verb, target } = statement.anatomy
    if (verb !== 'drop-table' || target === undefined) return []
    return placeAround(file, statements, at, target) ?? []
  })
}

function placeAround(
  file: { name: string; sql: string },
  statements: Read[],
  drop: number,
  table: string,
): RebuildPlace | undefined {
  const copy = copyOf(statements, drop, table)
  if (copy === undefined) return undefined
  const belongs = (at: number): boolean => {
    const { anatomy } = statements[at] ?? {}
    if (anatomy === undefined) return false
    const remade = at > drop && anatomy.verb === 'create-table' && sameText(anatomy.target, table)
    return at === drop || remade || mentions(anatomy.tokens, copy.name)
  }
  const own = statements.flatMap((statement, at) => (belongs(at) ? [{ statement, at }] : []))
  let from = own[0]?.at ?? drop
  let to = own.at(-1)?.at ?? drop
  while (
    from > 0 &&
    (isKeyPragma(statements[from - 1]) || sharesLine(statements[from - 1], statements[from]))
  )
    from -= 1
  while (isKeyPragma(statements[to + 1]) || sharesLine(statements[to], statements[to + 1])) to += 1
  const [first, last] = [statements[from], statements[to]]
  if (first === undefined || last === undefined) return undefined
  const kept = (start: number, end: number): string[] =>
    statements.flatMap(({ sql }, at) =>
      at >= start && at < end && !belongs(at) && !isKeyPragma(statements[at]) ? [sql] : [],
    )
  const filling = own.filter(({ statement }) => /^(?:insert|update|delete)$/.test(statement.anatomy.verb))
  return {
    file: file.name,
    table,
    dropLine: statements[drop]?.line ?? first.line,
    fromLine: first.line,
    toLine: last.endLine,
    head: file.sql.slice(0, first.offset),
    body: `${file.sql.slice(first.offset, last.offset + last.sql.length)};`,
    keptBefore: kept(from, drop),
    keptBehind: kept(drop, to + 1),
    fill: (hold) =>
      filling.map(({ statement }) =>
        renamed(
          statement,
          copy.becomesTable
            ? new Map([
                [copy.name.toLowerCase(), quote(table)],
                [table.toLowerCase(), hold],
              ])
            : new Map([[copy.name.toLowerCase(), hold]]),
        ),
      ),
  }
}

/** Around a rebuild it is there for that rebuild. */
function isKeyPragma(statement: Read | undefined): boolean {
  if (statement?.anatomy.verb !== 'pragma') return false
  return ['foreign_keys', 'defer_foreign_keys'].some((name) => mentions(statement.anatomy.tokens, name))
}

function sharesLine(statement: Read | undefined, next: Read | undefined): boolean {
  return statement !== undefined && statement.endLine === next?.line
}

/** The copy that is renamed to the table later on, or the one that holds its rows until the table is made again. */
function copyOf(
  statements: Read[],
  drop: number,
  table: string,
): { name: string; becomesTable: boolean } | undefined {
  const behind = statements.slice(drop + 1)
  const rename = behind.find(
    ({ anatomy: { alteration } }) => alteration?.kind === 'rename-table' && sameText(alteration.to, table),
  )
  if (rename?.anatomy.target !== undefined) return { name: rename.anatomy.target, becomesTable: true }
  const remade = behind.some(
    ({ anatomy: { verb, target } }) => verb === 'create-table' && sameText(target, table),
  )
  const hold = statements
    .slice(0, drop)
    .find(
      ({ anatomy }) => anatomy.verb === 'create-table' && anatomy.copies && mentions(anatomy.tokens, table),
    )
  return remade && hold?.anatomy.target !== undefined
    ? { name: hold.anatomy.target, becomesTable: false }
    : undefined
}

/** A statement with other names in place of some. */
function renamed({ sql, tokens }: { sql: string; tokens: Token[] }, names: Map<string, string>): string {
  let text = ''
  let end = 0
  for (const token of tokens) {
    const isName = token.kind === 'word' || token.kind === 'name'
    const name = isName ? names.get(unquote(token.text).toLowerCase()) : undefined
    text += sql.slice(end, token.start) + (name ?? token.text)
    end = token.start + token.text.length
  }
  return text + sql.slice(end)
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function sameText(a: string | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase()
}
