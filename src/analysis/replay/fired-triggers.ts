import type { DatabaseSync } from 'node:sqlite'
import { cellText } from '../../d1/sqlite/sqlite.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementEvidence } from '../evidence.js'
import { mentions, type StatementParts } from '../statement/statement.js'

/** Rows from which on it is worth a word that each of them sets off a trigger. */
const MANY = 2_000

/**
 * The triggers behind the rows that an INSERT or UPDATE of many rows wrote beside its own. Undefined for a DELETE, where
 * foreign keys write too.
 */
export function firedTriggers(
  database: DatabaseSync,
  { verb, target, tokens }: StatementParts,
  { changes, beside }: { changes: number; beside: number },
): StatementEvidence['fires'] {
  if (changes < MANY || target === undefined || (verb !== 'insert' && verb !== 'update')) return undefined
  const triggers = database
    .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE`)
    .all(target)
    .filter((row) => firesAt(significantTokens(cellText(row['sql'])), verb, tokens))
    .map((row) => cellText(row['name']))
  return triggers.length === 0 ? undefined : { triggers, rows: beside }
}

/** `AFTER UPDATE OF a, b ON t BEGIN`: by its verb and, where it names columns, by those that the statement names. */
function firesAt(trigger: Token[], verb: string, statement: Token[]): boolean {
  const begin = trigger.findIndex(({ text }) => /^begin$/i.test(text))
  const head = trigger.slice(0, begin)
  const at = head.findIndex(({ text }) => text.toLowerCase() === verb)
  if (at < 0) return false
  if (!/^of$/i.test(head[at + 1]?.text ?? '')) return true
  const on = head.findIndex(({ text }, index) => index > at && /^on$/i.test(text))
  return head.slice(at + 2, on).some(({ text }) => text !== ',' && mentions(statement, unquote(text)))
}
