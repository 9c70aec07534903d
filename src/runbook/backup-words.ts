import type { BackupRecord, BackupWay, Comparison, MovedTable } from '../contract/backup.js'
import { plural } from '../text/plural.js'
import { grouped } from '../contract/number.js'

const WAY: Record<BackupWay, string> = {
  export: "read by D1's own export, one moment of the database",
  rows: 'read page by page, while nothing had to wait',
}

const COMPARED: Record<Comparison, string> = {
  values: 'every value',
  counts: 'the number of rows of each table',
  schema: 'the schema only',
}

/** How a backup of a remote database was read, what it was compared by, and which tables moved under it. None for a local one. */
export function backupProof(backup: BackupRecord): string[] {
  if (backup.way === undefined) return []
  const { comparison = 'values', moved } = backup
  const read = backup.rowsRead === undefined ? '' : `; D1 counted ${plural(backup.rowsRead, 'row')} read`
  return [
    WAY[backup.way],
    `compared with the live database by ${COMPARED[comparison]}${read}`,
    ...(moved ?? []).map((table) => movedSentence(table, comparison)),
    ...(moved === undefined ? ['whether tables were written to meanwhile was not looked at'] : []),
  ]
}

/** Who can open an archive, and what was therefore proven before; none for a readable one. */
export function sealedTo({ sealedTo: recipients }: BackupRecord): string[] {
  if (recipients === undefined) return []
  return [`Sealed after that to ${recipients.join(', ')}; size and SHA-256 are of the sealed archive`]
}

function movedSentence({ name, how, before, after, copied }: MovedTable, comparison: Comparison): string {
  const numbers = `${plural(before, 'row')} before, ${grouped(after)} after, ${grouped(copied)} in the archive`
  const proof = {
    grew: `those that were there before agree in ${comparison === 'values' ? 'every value' : 'number'}`,
    changed: 'older rows were changed too, so only these numbers bound the copy',
  }
  return `${name} was written to meanwhile: ${numbers}; ${proof[how]}`
}
