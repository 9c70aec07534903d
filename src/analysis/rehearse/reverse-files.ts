import type { PlannedMigration, RollbackSummary } from '../../contract/plan.js'
import type { MigrationFile } from '../../contract/target.js'
import { REFUSED, remoteTriggers } from '../../d1/sql/remote-triggers.js'
import { rehearseReverseFile, rehearseWayBack, type WayBackInput } from '../reverse/rehearsal.js'
import type { D1Run } from './on-d1.js'

/**
 * Files that lie in the folder and may be the reverse: each is run behind the migrated copy, and one that leads back to the schema of before,
 * natively and on D1's engine, and loses no more than ours would, is it. Its name proves nothing; those that are called a reverse and are
 * not taken, and those that lose more, are told.
 */
export async function reverseInFolder(
  input: WayBackInput,
  { candidates, remote, run }: { candidates: readonly MigrationFile[]; remote: boolean; run: D1Run },
): Promise<{ summary?: RollbackSummary; others: NonNullable<RollbackSummary['others']> }> {
  const others: NonNullable<RollbackSummary['others']> = []
  for (const { name, sql } of candidates) {
    const tried = await rehearseReverseFile(input, { name, sql })
    const cut = remote
      ? remoteTriggers(sql).find(({ shapes }) => shapes.some((shape) => REFUSED.has(shape)))
      : undefined
    const dearer = tried.available && lost(tried) > 0 && lost(await rehearseWayBack(input)) < lost(tried)
    if (dearer) {
      others.push({ name, why: `it leads back, but ${tried.price[0] ?? 'loses more'} Ours loses less.` })
      continue
    }
    const why = !tried.available
      ? tried.price[0]
      : cut !== undefined
        ? `remote D1 cuts its trigger ${cut.name} apart (TR102).`
        : await run.tryBack(sql)
    if (why !== undefined) {
      if (CALLED_REVERSE.test(name)) others.push({ name, why })
    } else return { summary: { ...tried, sql, file: name }, others }
  }
  return { others }
}

/** Rows and values; of a way that is none or was not counted, more than any other. */
function lost({ available, cost }: RollbackSummary): number {
  if (!available || cost === undefined || cost.rowsLost === null || cost.valuesLost === null) return Infinity
  return cost.rowsLost + cost.valuesLost
}

const CALLED_REVERSE = /roll_?-?back|revert|reverse|undo|\bdown\b|_down\b/i

/** Files of a plan behind which the schema is again the one of before an earlier file, with the files that they take back. */
export function cancellingFiles(
  migrations: readonly PlannedMigration[],
): NonNullable<RollbackSummary['cancels']> {
  return migrations.flatMap(({ name, fingerprintBefore, fingerprintAfter }, at) => {
    if (fingerprintBefore === fingerprintAfter) return []
    const from = migrations.findIndex(
      (one, index) => index < at && one.fingerprintBefore === fingerprintAfter,
    )
    return from < 0 ? [] : [{ name, takesBack: migrations.slice(from, at).map((one) => one.name) }]
  })
}
