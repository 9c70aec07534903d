import { describe, expect, test, vi } from 'vitest'
import type { BackupSeen, ConsoleDatabases, DatabaseEntry } from '../../src/console/databases.js'
import type { ConsoleRuns } from '../../src/console/runs.js'
import { RunbookError } from '../../src/contract/failures.js'
import type { Status } from '../../src/contract/status.js'
import type { RunRow } from '../../src/client/list.js'
import { AT, ODD, signedIn } from './test-console.js'

const NOW = Date.parse(AT)
const later = (ms: number): string => new Date(NOW + ms).toISOString()
const HOUR = 3_600_000
const SCHEMA = 'a'.repeat(64)

const entry = (more: Partial<DatabaseEntry> = {}): DatabaseEntry => ({
  ...{ environment: 'production', timeZone: 'UTC', times: { value: {} } },
  database: { value: { name: 'art-archive', id: '1f8a', remote: true } },
  ...more,
})
const row = (more: Partial<RunRow> = {}): RunRow => ({
  ...{
    workflowId: 'migration/production/1f8a',
    runId: 'run-9',
    status: 'COMPLETED',
    environment: 'production',
  },
  ...{ database: '1f8a', databaseName: 'art-archive', phase: 'closed', outcome: 'completed', planHash: null },
  ...{ startedAt: later(-2 * HOUR), closedAt: later(-HOUR) },
  ...more,
})
const status = (more: Partial<Status> = {}): Status => ({
  ...{ environment: 'production', database: { name: 'art-archive', id: '1f8a', remote: true } },
  applied: [{ id: 1, name: '0001_init.sql', appliedAt: AT }],
  ...{ pending: [], conflicts: [], schemaFingerprint: SCHEMA, timestamp: AT },
  ...more,
})
const backup = (more: Partial<BackupSeen> = {}): BackupSeen => ({
  ...{ place: 'the folder backups', shared: false, unreadable: [] },
  newest: { name: 'backup-production-2026-01-02-000000.zip', createdAt: later(-3 * HOUR), proof: 'metadata' },
  ...more,
})

async function openDatabases({
  entries = [entry()],
  runs = {},
  ...seen
}: {
  entries?: DatabaseEntry[]
  runs?: Partial<ConsoleRuns>
  backup?: () => Promise<BackupSeen>
  status?: () => Promise<Status>
} = {}) {
  const asked = { backup: 0, status: 0 }
  const databases: ConsoleDatabases = {
    entries,
    backup: () => {
      asked.backup += 1
      return seen.backup?.() ?? Promise.resolve(backup())
    },
    status: () => {
      asked.status += 1
      return seen.status?.() ?? Promise.resolve(status())
    },
  }
  const more: Partial<ConsoleRuns> = {
    lastRuns: () => Promise.resolve({ open: [], last: row() }),
    predictedSchema: () => Promise.resolve(SCHEMA),
    ...runs,
  }
  const opened = await signedIn({ more, options: { databases } })
  const look = async (environment = 'production') =>
    plain((await opened.browser.post('/databases', { environment })).html)
  const page = async () => plain((await opened.browser.get('/databases')).html)
  return { ...opened, asked, look, page }
}

function plain(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll(' ,', ',')
    .replaceAll(' :', ':')
    .replaceAll(' .', '.')
}

describe('the page of databases', () => {
  test('looks at nothing by itself, and says that nobody has', async () => {
    const { page, asked } = await openDatabases()
    const text = await page()
    expect(text).toContain('production: art-archive')
    expect(text).toContain('Last run completed, 2026-01-02 02:04')
    expect(text).toContain('nobody has looked since the console started')
    expect(text).not.toContain('Newest backup')
    await page()
    expect(asked).toEqual({ backup: 0, status: 0 })
  })

  test('shows what a look saw, and when', async () => {
    const { look } = await openDatabases()
    const text = await look()
    expect(text).toContain('Backup, ledger and schema as of 2026-01-02 03:04')
    expect(text).toContain('2026-01-02 00:04')
    expect(text).toContain(
      '3 h before the look: backup-production-2026-01-02-000000.zip in the folder backups',
    )
    expect(text).toContain('Its metadata say that it was restored and compared when it was made.')
    expect(text).toContain('What workers on other machines keep is not seen from here.')
    expect(text).toContain('1 file applied, none of the folder pending.')
    expect(text).toContain('aaaaaaaaaaaa, as the last run that is over left it')
  })

  test('looks once for all who ask within half a minute', async () => {
    const { look, asked, clock } = await openDatabases()
    await Promise.all([look(), look(), look()])
    await look()
    expect(asked).toEqual({ backup: 1, status: 1 })
    clock.at += 31_000
    await look()
    expect(asked).toEqual({ backup: 2, status: 2 })
  })

  test('looks at nothing that the configuration does not have', async () => {
    const { browser, asked } = await openDatabases()
    for (const environment of ['staging', '', '__proto__', '../production'])
      expect((await browser.post('/databases', { environment })).status).toBe(404)
    expect(asked).toEqual({ backup: 0, status: 0 })
  })

  test('says of each part alone that it is not known, and why', async () => {
    const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const refused = new RunbookError('DatabaseUnreachable' as never, 'Cloudflare does not answer.', {
      advice: '',
    })
    const { look } = await openDatabases({
      status: () => Promise.reject(refused),
      backup: () => Promise.reject(new Error('a secret of the machine')),
      runs: {
        lastRuns: () =>
          Promise.reject(new RunbookError('TemporalUnreachable', 'Temporal is away.', { advice: '' })),
      },
    })
    const text = await look()
    told.mockRestore()
    expect(text).toContain('Ledger Not known: Cloudflare does not answer.')
    expect(text).toContain('Newest backup Not known: the console met an error')
    expect(text).not.toContain('a secret')
    expect(text).toContain('Schema Not known: it could not be read')
    expect(text).toContain('Last run Not known: Temporal is away.')
    expect(text).toContain('Under way Not known: Temporal is away.')
  })

  test('shows an environment whose configuration does not hold beside the others', async () => {
    const { page } = await openDatabases({
      entries: [
        entry({
          environment: 'broken',
          database: { unknown: 'It has two databases.' },
          times: { unknown: 'no day' },
        }),
        entry(),
      ],
    })
    const text = await page()
    expect(text).toContain('broken: not known It has two databases.')
    expect(text).toContain('Window Not known: no day')
    expect(text).toContain('production: art-archive')
  })
})

describe('drift', () => {
  test.each<[string, Partial<ConsoleRuns>, string]>([
    [
      'of the schema',
      { predictedSchema: () => Promise.resolve('b'.repeat(64)) },
      'another than the last run that is over left: it is aaaaaaaaaaaa, and was bbbbbbbbbbbb',
    ],
    [
      'that a run under way may have made',
      {
        predictedSchema: () => Promise.resolve('b'.repeat(64)),
        lastRuns: () =>
          Promise.resolve({ open: [row({ status: 'RUNNING', closedAt: null, outcome: null })], last: row() }),
      },
      'A run is under way, which may have changed it',
    ],
    [
      'of a run whose history has no plan',
      { predictedSchema: () => Promise.resolve(undefined) },
      'not known: the last run had no plan that says it',
    ],
    [
      'behind a run that was taken back',
      { lastRuns: () => Promise.resolve({ open: [], last: row({ outcome: 'rolled-back' }) }) },
      'not known: the last run ended as rolled-back, and what it left was not noted',
    ],
    [
      'behind one that was ended from outside',
      { lastRuns: () => Promise.resolve({ open: [], last: row({ outcome: null, status: 'TERMINATED' }) }) },
      'not known: the last run ended as TERMINATED',
    ],
    [
      'without a run',
      { lastRuns: () => Promise.resolve({ open: [], last: undefined }) },
      'not known: no run of it that is over is kept here',
    ],
  ])('%s', async (_what, runs, said) => {
    const { look } = await openDatabases({ runs })
    expect(await look()).toContain(said)
  })

  test('of the ledger', async () => {
    const { look } = await openDatabases({
      status: () =>
        Promise.resolve(
          status({
            pending: Array.from({ length: 7 }, (_, at) => ({ name: `000${at}_x.sql`, sha256: SCHEMA })),
            conflicts: [
              { code: 'SQ105', migration: '0001_init.sql', message: 'applied, and no file', blocking: true },
              { code: 'SQ102', migration: '0003_x.sql', message: 'a gap', blocking: false },
            ],
          }),
        ),
    })
    const text = await look()
    expect(text).toContain(
      '7 pending: 0000_x.sql, 0001_x.sql, 0002_x.sql, 0003_x.sql, 0004_x.sql and 2 more.',
    )
    expect(text).toContain('2 conflicts, of which 1 blocks: SQ105 0001_init.sql: applied, and no file; SQ102')
  })
})

describe('the newest backup', () => {
  const { newest: _newest, ...none } = backup()
  test.each<[string, BackupSeen, RegExp]>([
    ['is none', none, /Newest backup none in the folder backups\. What workers/],
    [
      'is in a store of all workers',
      backup({ shared: true, newest: { name: 'b.zip', createdAt: AT, proof: 'name' } }),
      /this one was not read now\. Ledger/,
    ],
    [
      'is not the newest file',
      backup({ unreadable: ['backup-production-2026-01-02-010000.zip'] }),
      /1 newer file could not be read: backup-production-2026-01-02-010000\.zip\./,
    ],
  ])('%s', async (_what, seen, said) => {
    expect(await (await openDatabases({ backup: () => Promise.resolve(seen) })).look()).toMatch(said)
  })
})

describe('when something may be applied', () => {
  const window = { opensAt: later(HOUR), closesAt: later(3 * HOUR) }
  const freeze = { from: later(-HOUR), until: later(2 * HOUR), reason: 'year end' }
  test.each<[string, object, RegExp]>([
    [
      'nothing configured',
      {},
      /Window none is configured: a run applies once it is approved Freezes none is configured/,
    ],
    ['a window ahead', { window }, /Window opens 2026-01-02 04:04\S* UTC, until 2026-01-02 06:04/],
    [
      'a window that is open',
      { window: { ...window, opensAt: later(-HOUR) } },
      /Window open until 2026-01-02 06:04/,
    ],
    [
      'a window that is over',
      { window: { opensAt: later(-2 * HOUR), closesAt: later(-HOUR) } },
      /Window the configured one is over/,
    ],
    [
      'a freeze in the window',
      { window, freezes: [freeze] },
      /and frozen until 2026-01-02 05:04.*Freezes one holds: year end/,
    ],
    [
      'a window in a freeze',
      { window: { opensAt: later(0), closesAt: later(HOUR) }, freezes: [freeze] },
      /lies in a freeze/,
    ],
    ['a freeze without a window', { freezes: [freeze] }, /applies once it is approved and no freeze holds/],
    [
      'freezes ahead',
      {
        freezes: [
          { ...freeze, from: later(HOUR) },
          { ...freeze, from: later(50 * HOUR), until: later(60 * HOUR) },
        ],
      },
      /Freezes year end, .*; 1 more to come/,
    ],
    [
      'freezes that are over',
      { freezes: [{ ...freeze, from: later(-3 * HOUR), until: later(-HOUR) }] },
      /Freezes all that are configured are over/,
    ],
  ])('%s', async (_what, value, said) => {
    const { page } = await openDatabases({ entries: [entry({ times: { value } })] })
    expect(await page()).toMatch(said)
  })
})

test('a name of any kind stands on the page of databases as text', async () => {
  const { browser } = await openDatabases({
    entries: [
      entry({
        environment: ODD,
        database: { value: { name: ODD, id: ODD, remote: true } },
        times: { value: { freezes: [{ from: later(0), until: later(1), reason: ODD }] } },
      }),
    ],
    backup: () => Promise.resolve(backup({ place: ODD, unreadable: [ODD] })),
    status: () => Promise.resolve(status({ pending: [{ name: ODD, sha256: SCHEMA }] })),
  })
  await browser.post('/databases', { environment: ODD })
  const { html } = await browser.get('/databases')
  expect(html).not.toMatch(/<script>|<img|[\u001B\u202E]/)
  expect(html).toContain('Newest backup')
})
