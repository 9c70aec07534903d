import type { Probe } from '../../contract/monitoring.js'
import { snapshotOf } from '../../d1/schema/snapshot.js'
import { unknown, type ProbeContext, type Seen } from './probe.js'

/** Ledger and schema are still what validation saw: nobody else migrated, edited or restored the database. */
export async function probeStability(
  _probe: Extract<Probe, { kind: 'stability' }>,
  { target, expected, openReader, signal }: ProbeContext,
): Promise<Seen> {
  if (expected === undefined) return unknown('there is nothing to compare the schema with yet')
  const reader = await openReader(target, { signal })
  try {
    const { ledger, schemaFingerprint } = await snapshotOf(reader, target.migrationsTable)
    const names = ledger.map(({ name }) => name)
    const changes = [
      ...missing(names, expected.ledger).map((name) => `${name} is new in the ledger`),
      ...missing(expected.ledger, names).map((name) => `${name} is gone from the ledger`),
      ...(schemaFingerprint === expected.schemaFingerprint
        ? []
        : ['the schema is not the one that was validated']),
    ]
    if (changes.length > 0) return { ok: false, message: changes.join('; ') }
    return { ok: true, message: 'ledger and schema as validated' }
  } finally {
    await reader.close()
  }
}

function missing(names: string[], from: string[]): string[] {
  return names.filter((name) => !from.includes(name))
}
