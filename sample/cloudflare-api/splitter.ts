import { isTrigger, parseStatements, type ParsedStatement } from '../../src/d1/sql/statements.js'
import { tokenize } from '../../src/d1/sql/tokens.js'

/**
 * Where remote D1 is told to split the text of a query otherwise than SQLite; each can be switched off. Issues of
 * https://github.com/cloudflare/workers-sdk: `capitals` 15314: BEGIN and END are known in capitals only. `bareCase` 4326: the END of a
 * CASE before a `;` or a space ends the trigger. `windowsLines` 14991: line ends of Windows. `farDown` 15690: a trigger of several
 * lines behind six statements.
 */
export interface SplitterFaults {
  capitals: boolean
  bareCase: boolean
  windowsLines: boolean
  farDown: boolean
}

export const ALL_FAULTS: SplitterFaults = {
  capitals: true,
  bareCase: true,
  windowsLines: true,
  farDown: true,
}
const FAR_DOWN = 6

/** Whether D1 would cut one of the triggers of this text apart and say "incomplete input". */
export function cutsApart(sql: string, faults: SplitterFaults): boolean {
  if (!/trigger/i.test(sql)) return false
  const { statements } = parseStatements(sql)
  const first = statements.findIndex(({ tokens }) => isTrigger(tokens))
  return statements.some((statement, at) => {
    if (!isTrigger(statement.tokens)) return false
    if (faults.windowsLines && hasWindowsLines(statement.sql)) return true
    if (faults.farDown && at === first && at >= FAR_DOWN && statement.sql.includes('\n')) return true
    return endsEarly(statement, faults)
  })
}

/** Outside of quotes: the cure of Wrangler leaves those as they are. */
function hasWindowsLines(sql: string): boolean {
  return [...tokenize(sql)].some(
    ({ kind, text }) => (kind === 'space' || kind === 'comment') && text.includes('\r'),
  )
}

/** Reads the trigger as D1 does: from BEGIN to END, and to the first `;` outside of them. */
function endsEarly({ sql, tokens }: ParsedStatement, { capitals, bareCase }: SplitterFaults): boolean {
  let inside = false
  let cases = 0
  for (const [at, { kind, text, start }] of tokens.entries()) {
    const word = kind !== 'word' ? '' : capitals ? text : text.toUpperCase()
    if (text === ';' && !inside) return true
    if (word === 'BEGIN') inside = true
    if (word === 'CASE' && !bareCase) cases += 1
    if (word !== 'END') continue
    if (cases > 0) cases -= 1
    else if (at === tokens.length - 1 || /^[;\s]/.test(sql.slice(start + text.length))) inside = false
  }
  return inside
}
