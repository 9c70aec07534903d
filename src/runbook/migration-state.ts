import type {
  LedgerRead,
  MigrationResult,
  RunView,
  SafetyCopy,
  SavedState,
  TakenBackBy,
} from '../contract/run.js'
import { zonedSeconds } from '../text/clock.js'
import { plural } from '../text/plural.js'

/** What this run did to one migration, in words: `applied`, `taken back by 0004_rollback_2026_01_02.sql`. */
export function migrationState(
  { name, state, takenBackBy, byLostRun }: MigrationResult,
  migrations: readonly MigrationResult[],
): string {
  if (state === 'taken-back')
    return takenBackBy === undefined ? 'taken back' : `taken back by ${wayText(takenBackBy)}`
  if (state === 'unknown') return 'unknown: it may have changed the database'
  const undone = takenBackByFile(name, migrations)
  if (state === 'applied' && byLostRun === true) return 'applied by the lost run'
  return state === 'applied' && undone.length > 0 ? `applied; it took back ${undone.join(', ')}` : state
}

/** Files that changed the database, or may have. */
export function touchedBy(migrations: readonly MigrationResult[]): MigrationResult[] {
  return migrations.filter(({ state }) => state === 'applied' || isUnproven(state))
}

/** Neither known to be applied nor known to be absent. */
export function isUnproven(state: MigrationResult['state']): boolean {
  return state === 'partial' || state === 'unknown'
}

/** The way back that was taken, by what tells it apart from every other one. */
export function wayText(by: TakenBackBy): string {
  switch (by.strategy) {
    case 'reverse-migration':
      return by.file
    case 'time-travel':
      return `Time Travel to the bookmark ${by.bookmark}`
    case 'restore-backup':
      return `the restore of ${by.archive}`
  }
}

/** What undoes a restore, which replaced all that was written since. */
export function safetyCopyText({ earlier = [], ...last }: SafetyCopy, timeZone = 'UTC'): string {
  const before = earlier.map((saved) => `; of before an earlier try: ${savedText(saved, timeZone)}`)
  return `The state of before is saved: ${savedText(last, timeZone)}${before.join('')}`
}

function savedText({ at, bookmark, file, fileAt = at }: SavedState, timeZone: string): string {
  const when = (iso: string): string => zonedSeconds(Date.parse(iso), timeZone)
  const archive = `${file} of ${when(fileAt)}`
  if (bookmark === undefined) return archive
  const place = `the bookmark ${bookmark} of ${when(at)}`
  if (file === undefined) return place
  const apart = Math.sign(Date.parse(fileAt) - Date.parse(at))
  const between = apart < 0 ? 'which may lack' : 'which alone holds'
  return `${place}, and ${archive}${apart === 0 ? '' : `, ${between} what was written between the two`}`
}

/** Migrations that the run was for, without the one that took them back. */
export function plannedMigrations(view: Pick<RunView, 'migrations'>): MigrationResult[] {
  return view.migrations.filter(({ name }) => takenBackByFile(name, view.migrations).length === 0)
}

/** What the database's own ledger says, as it was read last; undefined where this run had no reason to read it again. */
export function ledgerText({ ledger }: Pick<RunView, 'ledger'>): string | undefined {
  if (ledger === undefined) return undefined
  const { applied, pending, schema } = ledger
  const last = applied.at(-1)
  const ends = last === undefined ? 'the ledger is empty' : `the ledger ends with ${last}`
  const waits =
    pending.length === 0
      ? 'no file is pending'
      : `${plural(pending.length, 'file')} pending: ${pending.join(', ')}`
  return `${ends}; ${waits}; the schema is ${SCHEMAS[schema]}`
}

const SCHEMAS: Record<LedgerRead['schema'], string> = {
  'as-before': 'that of before the migration',
  'as-planned': 'that of after the migration',
  other: 'neither that of before nor that of after the migration',
}

/** A cell for each ledger that was read: whether it holds this file. None where this run did not read it again. */
export function inLedger(name: string, { ledger }: Pick<RunView, 'ledger'>): string[] {
  return ledger === undefined ? [] : [ledger.applied.includes(name) ? 'yes' : 'no']
}

/** The heads of {@link migrationState} and {@link inLedger}. */
export function stateHeads({ ledger }: Pick<RunView, 'ledger'>): string[] {
  return ledger === undefined ? ['In this run'] : ['In this run', 'In the ledger']
}

function takenBackByFile(file: string, migrations: readonly MigrationResult[]): string[] {
  return migrations.flatMap(({ name, takenBackBy }) =>
    takenBackBy?.strategy === 'reverse-migration' && takenBackBy.file === file ? [name] : [],
  )
}
