import { createHash } from 'node:crypto'
import type { Plan } from '../../contract/plan.js'

/**
 * What an approval is given for: the bytes of the pending files, the database, its schema and ledger, and what was found. How long
 * something took differs from run to run and is left out.
 */
export function planHashOf(plan: Omit<Plan, 'planHash' | 'rollback' | 'queries'>): string {
  const bound = [
    plan.environment,
    [plan.database.id, plan.database.name, plan.database.remote],
    plan.migrations.map(({ name, sha256 }) => [name, sha256]),
    plan.ledger,
    plan.schemaFingerprint,
    plan.predictedFingerprint,
    plan.verdict,
    plan.findings.map(({ message, before, after, ...finding }) =>
      finding.code === 'RH102'
        ? [finding.code, finding.migration, finding.severity]
        : [finding, message, before, after],
    ),
  ]
  return createHash('sha256').update(JSON.stringify(bound)).digest('hex')
}
