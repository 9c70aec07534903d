import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'

/** What the rehearsal says of the database before and after one file. */
export interface Expectation {
  database: string
  file: string
  ledgerBefore: string[]
  fingerprintBefore: string
  fingerprintAfter: string
}

/** What was read back. */
export interface Reading {
  ledger: string[]
  schemaFingerprint: string
}

export type ProvenState =
  | { state: 'applied' }
  | { state: 'absent' }
  | { state: 'partial'; failure: RunbookError }
  | { state: 'drifted'; failure: RunbookError }

/**
 * The state of one file, from ledger and schema alone. Pure. `absent`: both as before; `applied`: both as rehearsed;
 * `partial`: one of the two; `drifted`: somebody else's work is in the database.
 */
export function judgeState(expected: Expectation, { ledger, schemaFingerprint }: Reading): ProvenState {
  const recorded = sameNames(ledger, [...expected.ledgerBefore, expected.file])
  const unrecorded = sameNames(ledger, expected.ledgerBefore)
  if (recorded && schemaFingerprint === expected.fingerprintAfter) return { state: 'applied' }
  if (unrecorded && schemaFingerprint === expected.fingerprintBefore) return { state: 'absent' }
  if (recorded) return partial(expected, 'the ledger names it, but the schema is not as rehearsed')
  if (unrecorded && schemaFingerprint === expected.fingerprintAfter) {
    return partial(expected, 'the schema is as after it, but the ledger does not name it')
  }
  if (unrecorded) return drifted(expected, 'its schema is not the one that was rehearsed')
  return drifted(expected, `its ledger ${difference(expected, ledger)}`)
}

function sameNames(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index])
}

function difference({ ledgerBefore, file }: Expectation, ledger: string[]): string {
  const added = ledger.filter((name) => name !== file && !ledgerBefore.includes(name))
  const lost = ledgerBefore.filter((name) => !ledger.includes(name))
  if (added.length > 0) return `has ${added.join(', ')}, which this run did not apply`
  if (lost.length > 0) return `lacks ${lost.join(', ')}`
  return 'has another order'
}

function partial({ database, file }: Expectation, why: string): ProvenState {
  return {
    state: 'partial',
    failure: new RunbookError(
      'ApplyPartial',
      `${file} is neither applied to ${database} nor absent: ${why}.`,
      {
        advice: words`Nothing more is applied. See the ways back: ${command('show')}.`,
        details: { state: 'partial', migration: file },
      },
    ),
  }
}

function drifted({ database, file }: Expectation, why: string): ProvenState {
  return {
    state: 'drifted',
    failure: new RunbookError('Drifted', `${database} changed since ${file} was planned: ${why}.`, {
      advice: words`Find out who changed it, then make a new plan: ${command('start')}.`,
      details: { state: 'drifted', migration: file },
    }),
  }
}
