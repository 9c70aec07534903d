import type { Evidence, StatementEvidence } from '../evidence.js'
import { failuresOf } from './refused.js'
import { findingOf, same, type Rule } from './rule.js'

export const tx102: Rule = {
  code: 'TX102',
  title: 'PRAGMA refused or without effect',
  severity: 'info',
  advice:
    'D1 keeps foreign keys on: order the statements so that they hold, or use PRAGMA defer_foreign_keys = ON.',
  source: 'https://developers.cloudflare.com/d1/sql-api/foreign-keys/',
  check: (evidence) => [
    ...failuresOf(tx102, evidence),
    ...evidence.statements
      .filter(turnsKeysOff)
      .map((statement) =>
        findingOf(
          tx102,
          reliesOnIt(evidence, statement) ? 'warning' : 'info',
          statement,
          'PRAGMA foreign_keys = OFF has no effect on D1: foreign keys stay on.',
        ),
      ),
  ],
}

function turnsKeysOff({ anatomy }: StatementEvidence): boolean {
  const value =
    anatomy.tokens.at(-1)?.text === ')' ? anatomy.tokens.at(-2)?.text : anatomy.tokens.at(-1)?.text
  return (
    anatomy.verb === 'pragma' &&
    same(anatomy.target, 'foreign_keys') &&
    /^(?:off|0|false|no)$/i.test(value ?? '')
  )
}

/** A later statement of the file reaches other tables through foreign keys, which the PRAGMA was to prevent. */
function reliesOnIt(evidence: Evidence, pragma: StatementEvidence): boolean {
  return evidence.statements.some(
    ({ file, anatomy, touches }) =>
      file === pragma.file &&
      anatomy.verb === 'drop-table' &&
      touches.some(({ table, how }) => how !== 'read' && how !== 'insert' && !same(table, anatomy.target)),
  )
}

/** The last statement that gave a table its shape. */
export function shapeOf(evidence: Evidence, table: string): StatementEvidence | undefined {
  return evidence.statements.findLast(
    ({ anatomy }) =>
      /^(?:create-table|alter-table)$/.test(anatomy.verb) &&
      (same(anatomy.target, table) ||
        (anatomy.alteration?.kind === 'rename-table' && same(anatomy.alteration.to, table))),
  )
}
