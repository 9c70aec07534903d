import { afterAll, describe, expect, it } from 'vitest'
import { RunbookError } from '../../src/contract/failures.js'
import { applyMigration, type ApplyRequest } from '../../src/d1/apply.js'
import { migrationFile } from '../../src/d1/migration-files.js'
import { readSnapshot } from '../../src/d1/snapshot.js'
import type { FaultKind, FaultRule } from '../cloudflare-api/index.js'
import { fingerprintOf } from './fingerprint.js'
import { LEDGER_SQL, temporaryFolder } from './local-target.js'
import { remoteTarget } from './remote-target.js'

const BEFORE = `CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL, visits INTEGER DEFAULT 0);`
const SEED = `${BEFORE} INSERT INTO artists (name) VALUES ('Ema'), ('Jan'); ${LEDGER_SQL}
  INSERT INTO d1_migrations (name) VALUES ('0001_artists.sql');`

/** Three files whose second run would show: a column twice, a number added twice, a row twice. */
const FILES = [
  { name: '0002_bio.sql', sql: 'ALTER TABLE artists ADD COLUMN bio TEXT;' },
  { name: '0003_visits.sql', sql: 'UPDATE artists SET visits = visits + 1;' },
  {
    name: '0004_more.sql',
    sql: `INSERT INTO artists (name) VALUES ('Eva'); CREATE INDEX by_name ON artists (name);`,
  },
]

const KINDS: FaultKind[] = [
  '429',
  '500',
  '504-before',
  '504-after',
  'reset-before',
  'reset-after',
  'success-false',
]

/** Where faults strike. One run has one of each group: each meets another file. */
const PLACES: { place: string; rule: Omit<FaultRule, 'kind'>; run: 'change' | 'reading' }[] = [
  { place: 'file 1', run: 'change', rule: { route: 'query', match: /0002_bio\.sql'\)/ } },
  { place: 'file 2', run: 'change', rule: { route: 'query', match: /0003_visits\.sql'\)/ } },
  { place: 'file 3', run: 'change', rule: { route: 'query', match: /0004_more\.sql'\)/ } },
  { place: 'identity', run: 'reading', rule: { route: 'info', call: 1 } },
  {
    place: 'ledger created',
    run: 'reading',
    rule: { route: 'query', call: 2, match: /CREATE TABLE IF NOT EXISTS/i },
  },
  {
    place: 'ledger read',
    run: 'reading',
    rule: { route: 'query', call: 8, match: /SELECT[\s\S]*d1_migrations/i },
  },
]

const matrix: string[][] = []

afterAll(() => {
  const kinds = KINDS.map((kind) => kind.padEnd(13)).join('')
  const lines = PLACES.map(({ place }) => {
    const cells = KINDS.map((kind) =>
      (matrix.find(([p, k]) => p === place && k === kind)?.[2] ?? 'NOT RUN').padEnd(13),
    )
    return place.padEnd(16) + cells.join('')
  })
  console.log(
    ['', 'Final state after one fault in an apply of three files:', ' '.repeat(16) + kinds, ...lines].join(
      '\n',
    ),
  )
})

function requests(target: ApplyRequest['target']): ApplyRequest[] {
  const stageRoot = temporaryFolder()
  return FILES.map(({ name, sql }, index) => {
    const earlier = FILES.slice(0, index)
    const schema = BEFORE + earlier.map((file) => file.sql).join('')
    return {
      target,
      file: migrationFile(name, Buffer.from(sql)),
      ledgerBefore: ['0001_artists.sql', ...earlier.map((file) => file.name)],
      fingerprintBefore: fingerprintOf(schema),
      fingerprintAfter: fingerprintOf(schema + sql),
      stageRoot,
    }
  })
}

/** Tries again what may be tried again, as the workflow's retry policy does. Counts the tries. */
async function applyLikeTemporal(request: ApplyRequest): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { state } = await applyMigration(request)
      expect(state).toBe('applied')
      return tries
    } catch (error) {
      if (!(error instanceof RunbookError) || !error.retryable || tries >= 4) throw error
    }
  }
}

describe.each(['change', 'reading'] as const)('faults at every %s', (run) => {
  it.each(KINDS)('%s: every file is applied once and said to be', { timeout: 120_000 }, async (kind) => {
    const { target, api } = await remoteTarget(SEED)
    const places = PLACES.filter((entry) => entry.run === run)
    for (const { rule } of places) api.fault({ ...rule, kind })
    const tries: number[] = []
    for (const request of requests(target)) tries.push(await applyLikeTemporal(request))

    const { ledger } = await readSnapshot(target)
    expect(ledger.map(({ name }) => name)).toEqual(['0001_artists.sql', ...FILES.map(({ name }) => name)])
    const rows = api
      .database(target.database.id)
      .prepare('SELECT name, visits FROM artists ORDER BY id')
      .all()
    expect(rows.map((row) => [row['name'], row['visits']])).toEqual([
      ['Ema', 1],
      ['Jan', 1],
      ['Eva', 0],
    ])
    places.forEach(({ place }, index) => matrix.push([place, kind, `right, ${tries[index] ?? 0} run`]))
  })
})
