/** One row of a difference: `same` stands around what changed, so that it can be found in the file. */
export interface DiffRow {
  mark: 'same' | 'removed' | 'added'
  sql: string
}

/** Above so many comparisons a difference is not looked for: all of the one goes, all of the other comes. */
const MOST_COMPARED = 250_000

export const DIFF_MARKS: Record<DiffRow['mark'], string> = { same: ' ', removed: '-', added: '+' }

/** What turns one object's SQL into another's, part by part; absent where there is no object. */
export function sqlDiff(before: string | undefined, after: string | undefined): DiffRow[] {
  return rowDiff(sqlRows(before ?? ''), sqlRows(after ?? ''))
}

/** Quoted text, brackets that hold others, or one mark: what stands in quotes breaks no row. */
const PIECES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[^'"`[(),;]+|./gs

/** Normalised SQL is one long row; it can be read with each column, and each statement of a trigger, on a row of its own. */
export function sqlRows(sql: string): string[] {
  const rows: string[] = []
  const isTable = /^CREATE\s+(?:VIRTUAL\s+)?TABLE\b/i.test(sql)
  let [row, depth] = ['', 0]
  const end = (): void => {
    if (row.trim() !== '') rows.push(`${rows.length === 0 || depth === 0 ? '' : '  '}${row.trim()}`)
    row = ''
  }
  for (const [piece] of sql.trim().matchAll(PIECES)) {
    if (isTable && piece === ')' && depth === 1) {
      end()
      depth = 0
    }
    row += piece
    if (piece === '(') depth += 1
    else if (piece === ')' && depth > 0 && !(isTable && row.trim() === ')')) depth -= 1
    if (isTable ? depth === 1 && (piece === '(' || piece === ',') : piece === ';') end()
  }
  end()
  return rows
}

/** The longest rows that both have stay; a comma more or less at the end of a row is no change. */
function rowDiff(before: readonly string[], after: readonly string[]): DiffRow[] {
  if (before.length * after.length > MOST_COMPARED)
    return [...marked('removed', before), ...marked('added', after)]
  const equal = (a: number, b: number): boolean => bare(before[a]) === bare(after[b])
  const longest = before.map(() => after.map(() => 0))
  const at = (a: number, b: number): number => longest[a]?.[b] ?? 0
  for (let a = before.length - 1; a >= 0; a -= 1)
    for (let b = after.length - 1; b >= 0; b -= 1) {
      const length = equal(a, b) ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1))
      const line = longest[a]
      if (line !== undefined) line[b] = length
    }
  const rows: DiffRow[] = []
  for (let [a, b] = [0, 0]; a < before.length || b < after.length;) {
    if (a < before.length && b < after.length && equal(a, b)) {
      rows.push({ mark: 'same', sql: after[b] ?? '' })
      a += 1
      b += 1
    } else if (b >= after.length || (a < before.length && at(a + 1, b) >= at(a, b + 1))) {
      rows.push({ mark: 'removed', sql: before[a] ?? '' })
      a += 1
    } else {
      rows.push({ mark: 'added', sql: after[b] ?? '' })
      b += 1
    }
  }
  return rows
}

function marked(mark: DiffRow['mark'], rows: readonly string[]): DiffRow[] {
  return rows.map((sql) => ({ mark, sql }))
}

function bare(row: string | undefined): string {
  return (row ?? '').replace(/,$/, '')
}
