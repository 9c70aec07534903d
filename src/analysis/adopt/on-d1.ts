import { join } from 'node:path'
import type { MigrationFile } from '../../contract/target.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import { schemaFingerprint } from '../../d1/schema/catalog.js'
import type { OpenScratch } from '../../d1/scratch/scratch-workerd.js'
import { openSqlite } from '../../d1/sqlite/sqlite.js'
import { defined } from '../../contract/defined.js'
import { runOnD1 } from '../rehearse/on-d1.js'
import type { ChainLink } from './chain.js'

/**
 * Runs the files on D1's own engine, from nothing. Undefined where the schema of the last one is the one that was compared; else the
 * first file that it refuses, or makes something else of.
 */
export async function refusedByD1(
  input: {
    files: MigrationFile[]
    ledger: string[]
    /** Files that are proven otherwise. */
    links: ChainLink[]
    migrationsTable: string
    folder: string
  },
  open: OpenScratch | undefined,
): Promise<{ name: string; why: string } | undefined> {
  const { files, ledger, links, migrationsTable, folder } = input
  const last = links.at(-1)
  if (last?.after === undefined) return undefined
  const end = files.findIndex(({ name }) => name === last.name) + 1
  const later = files.slice(end).filter(({ name }) => ledger.includes(name))
  const file = join(folder, 'empty.sqlite')
  const empty = openSqlite(file)
  empty.exec(ledgerSql(migrationsTable))
  empty.close()
  const run = await runOnD1({
    ...{ input: {}, file, migrationsTable, pending: [...files.slice(0, end), ...later] },
    ...defined({ open }),
  })
  await run.close()
  const [failure] = run.failures
  if (failure !== undefined) return { name: failure.file, why: failure.message }
  if (run.predictedFingerprint === schemaFingerprint([...last.after.objects.values()])) return undefined
  return { name: last.name, why: 'the schema that it leaves there is another one' }
}
