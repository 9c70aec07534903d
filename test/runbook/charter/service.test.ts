import { describe, expect, it } from 'vitest'
import type { Charter, CharteredEnvironment } from '../../../src/contract/charter.js'
import { defined } from '../../../src/contract/defined.js'
import type { Target } from '../../../src/contract/target.js'
import { admitRequest, servedFor } from '../../../src/runbook/charter/admission.js'
import { canonicalJson } from '../../../src/contract/canonical-json.js'
import { charterHash } from '../../../src/runbook/charter/charter-hash.js'
import { differencesOf, settingDifferences } from '../../../src/runbook/charter/differences.js'
import { servedBy, serviceOf } from '../../../src/runbook/charter/service.js'
import { charterFor } from '../../charter-for.js'
import { requestFor } from '../../workflows/request.js'

const { target } = requestFor('id')
const charter = charterFor(target)
const [entry = fail()] = charter.environments

function fail(): never {
  throw new Error('a charter without an entry')
}

function changed(change: Partial<CharteredEnvironment>): string {
  return charterHash({ ...entry, ...change }, charter)
}

describe('what a worker serves', () => {
  it('is found by environment and database, and nothing else is', () => {
    const service = serviceOf([charter])
    expect(servedBy(service, target).environment).toEqual(entry)
    for (const other of [
      { ...target, environment: 'production' },
      { ...target, database: { ...target.database, id: 'id2' } },
      { environment: 'local","id', database: { id: '' } },
    ])
      expect(() => servedBy(service, other)).toThrow(
        /has no charter for .*It serves local: art-archive \(id\)/,
      )
    expect(() => servedBy(serviceOf([]), target)).toThrow(/serves nothing/)
  })

  it('is refused where two charters are for one database', () => {
    const again: Charter = { ...charter, environments: [entry, { ...entry, timeZone: 'Asia/Tokyo' }] }
    expect(() => serviceOf([again])).toThrow(/Two charters are for local: art-archive \(id\)/)
    expect(() => serviceOf([charter, charter])).toThrow(/Two charters/)
  })
})

describe('a database with the ID of one that is served', () => {
  const remote = { ...target, database: { ...target.database, remote: true } }

  it.each<[string, Target, Target, RegExp]>([
    [
      'in another checkout',
      target,
      { ...target, persistTo: '/elsewhere/.wrangler/state' },
      /project lies in ".elsewhere/,
    ],
    ['at Cloudflare', target, remote, /database.remote is true/],
    [
      'of another account',
      { ...remote, accountId: 'ours' },
      { ...remote, accountId: 'theirs' },
      /accountId is "theirs"/,
    ],
    [
      'by another ledger',
      target,
      { ...target, migrationsTable: 'ledger_2' },
      /migrationsTable is "ledger_2"/,
    ],
  ])('%s is not taken for it', (_what, holds, claimed, why) => {
    expect(() => servedFor(serviceOf([charterFor(holds)]), claimed)).toThrow(why)
  })

  it.each<[string, Target]>([
    [
      'from another folder of a remote project',
      { ...remote, projectDir: '/elsewhere', persistTo: '/elsewhere/state' },
    ],
    ['without a word of the account', (({ accountId: _none, ...rest }) => rest)(remote)],
  ])('%s is the same', (_what, claimed) => {
    expect(
      servedFor(serviceOf([charterFor({ ...remote, accountId: 'ours' })]), claimed).environment.target
        .database,
    ).toEqual(remote.database)
  })
})

describe('the hash of a charter', () => {
  const hash = changed({})
  const gates = entry.policy.gates

  it.each<[string, Partial<CharteredEnvironment>]>([
    [
      'a gate that opens by itself',
      { policy: { ...entry.policy, gates: { ...gates, final: { ...gates.final, automatic: true } } } },
    ],
    ['a person', { people: [{ name: 'Eve', roles: ['dba'], publicKeys: [] }] }],
    ['production', { target: { ...target, production: !target.production } }],
    ['the account', { target: { ...target, accountId: 'another' } }],
    ['the ledger', { target: { ...target, migrationsTable: 'another' } }],
    ['a channel', { channels: [{ kind: 'slack', name: 'slack', webhookUrlEnv: 'RUNBOOK_SLACK' }] }],
    [
      'a threshold',
      {
        monitoring: {
          ...entry.monitoring,
          thresholds: { ...entry.monitoring.thresholds, consecutiveBreaches: 9 },
        },
      },
    ],
  ])('changes with %s', (_what, change) => {
    expect(changed(change)).not.toBe(hash)
  })

  it('changes with the variables that may be named, and not with their order', () => {
    const withVariables = (...variables: string[]): string => charterHash(entry, { variables })
    expect(withVariables('A')).not.toBe(hash)
    expect(withVariables('A', 'B')).toBe(withVariables('B', 'A'))
  })

  it('is the same wherever the project lies', () => {
    const at = (projectDir: string): string => {
      const channels = [{ kind: 'file' as const, name: 'log', path: `${projectDir}/log.txt` }]
      const moved = {
        ...target,
        projectDir,
        migrationsDir: `${projectDir}/m`,
        wranglerConfig: `${projectDir}/w`,
      }
      return changed({
        target: { ...moved, backupDir: `${projectDir}/b`, persistTo: `${projectDir}/p` },
        channels,
      })
    }
    expect(at('/srv/one')).toBe(at('/home/ada/two'))
  })

  it('is of the storage, and not of where a shared folder is mounted', () => {
    const s3 = {
      ...{ kind: 's3' as const, bucket: 'archives', region: 'auto', prefix: '' },
      keyIdEnv: 'A',
      secretEnv: 'B',
    }
    const hashes = [
      undefined,
      s3,
      { ...s3, bucket: 'others' },
      { ...s3, endpoint: 'https://elsewhere.example' },
      { kind: 'folder' as const, path: '/mnt/a' },
    ].map((storage) => changed({ target: { ...target, ...defined({ storage }) } }))
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(changed({ target: { ...target, storage: { kind: 'folder', path: '/mnt/b' } } })).toBe(
      hashes.at(-1),
    )
    const [difference] = settingDifferences(
      { ...entry, target: { ...target, storage: { ...s3, bucket: 'theirs' } } },
      { ...entry, target: { ...target, storage: s3 } },
    )
    expect(difference).toEqual({ path: 'storage.bucket', claimed: '"theirs"', holds: '"archives"' })
  })

  it('is of the values, not of the order in which they stand', () => {
    const reversed = Object.fromEntries(Object.entries(entry).reverse()) as CharteredEnvironment
    expect(charterHash(reversed, charter)).toBe(hash)
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: 'é' })).toBe('{"a":"é","b":[{"d":1}]}')
  })
})

describe('where a claim differs from the charter', () => {
  it('each place is named, with both values', () => {
    const gates = { final: { automatic: false, approvals: 2 } }
    expect(
      differencesOf(
        { policy: { gates: { final: { automatic: true, approvals: 2 } } }, people: ['Eve'] },
        { policy: { gates }, people: ['Ada'] },
      ),
    ).toEqual([
      { path: 'people', claimed: '["Eve"]', holds: '["Ada"]' },
      { path: 'policy.gates.final.automatic', claimed: 'true', holds: 'false' },
    ])
  })

  it('what is equal, absent or undefined is no difference, and a long value or a long list is cut', () => {
    expect(differencesOf({ a: 1, b: undefined }, { a: 1 })).toEqual([])
    const [long] = differencesOf({ a: 'x'.repeat(9_999) }, {})
    expect(long?.claimed.length).toBeLessThanOrEqual(200)
    const many = Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`name ${index}`, index]))
    const told = differencesOf(many, {})
    expect(told).toHaveLength(51)
    expect(told.at(-1)?.path).toBe('and 49 more')
  })
})

describe('what a project says otherwise than the charter is told by the names of its configuration', () => {
  const differing = (change: Partial<CharteredEnvironment>, holds: Partial<CharteredEnvironment> = {}) =>
    settingDifferences({ ...entry, ...change }, { ...entry, ...holds }).map(
      ({ path, claimed, holds: held }) => `${path}: ${claimed} / ${held}`,
    )
  const to = (change: Partial<Target>): Partial<CharteredEnvironment> => ({
    target: { ...target, ...change },
  })
  const { policy, monitoring } = entry
  const gates = { ...policy.gates, plan: { ...policy.gates.plan, deadlineMs: 60_000 } }

  it.each<[string, Partial<CharteredEnvironment>]>([
    ['backup.dir: "archive" / "backups"', to({ backupDir: 'project/archive' })],
    ['backup.dir: "/srv/archive" / "backups"', to({ backupDir: '/srv/archive' })],
    ['migrations_dir: "db" / "migrations"', to({ migrationsDir: 'project/db' })],
    ['wranglerConfig: "wrangler.toml" / "wrangler.jsonc"', to({ wranglerConfig: 'project/wrangler.toml' })],
    ['backup.way: "rows" / nothing', to({ backupWay: 'rows' })],
    ['backup.maxRowsRead: 5 / nothing', to({ backupMaxRowsRead: 5 })],
    [
      'backup.exportHours: {"from":"02:00","timeZone":"UTC","to":"05:00"} / nothing',
      to({ backupExportHours: { from: '02:00', to: '05:00', timeZone: 'UTC' } }),
    ],
    ['workersPlan: "paid" / nothing', to({ workersPlan: 'paid' })],
    ['production: true / false', to({ production: true })],
    ['migrations_table: "other" / "d1_migrations"', to({ migrationsTable: 'other' })],
    ['backup.maxAge: 1 / 86400000', { recentBackupMs: 1 }],
    ['backup.keep: 3 / 14', { keepBackups: 3 }],
    ['updateEvery: 7 / 900000', { updateEveryMs: 7 }],
    ['policy.gates.plan.deadline: 60000 / nothing', { policy: { ...policy, gates } }],
    [
      'policy.attestations: ["team-notified"] / nothing',
      { policy: { ...policy, attestations: ['team-notified'] } },
    ],
    ['monitoring.baselinePause: 9 / 0', { monitoring: { ...monitoring, baselinePauseMs: 9 } }],
  ])('%s', (told, change) => {
    expect(differing(change)).toEqual([told])
  })

  it('the schedule of the monitoring', () => {
    const [told] = differing({ monitoring: { ...monitoring, offsetsMs: [1] } })
    expect(told).toMatch(/^monitoring\.schedule: \[1\] \/ \[300000,/)
  })

  const at = (projectDir: string, backupDir: string) => ({
    ...{ projectDir, backupDir, migrationsDir: `${projectDir}/migrations` },
    wranglerConfig: `${projectDir}/wrangler.jsonc`,
  })
  it.each<[string, Partial<Target>, Partial<Target>]>([
    ['the same project of two machines', at('/home/ada/p', '/home/ada/p/b'), at('/srv/p', '/srv/p/b')],
    ['one that lies in Windows', at('C:\\p', 'C:\\p\\b'), at('/srv/p', '/srv/p/b')],
    ['a folder beside each project', at('/home/ada/p', '/home/ada/b'), at('/srv/p', '/srv/b')],
    ['one folder of the disk', at('/home/ada/p', '/var/b'), at('/srv/p', '/var/b')],
  ])('%s is no difference', (_what, claimed, holds) => {
    expect(differing(to(claimed), to(holds))).toEqual([])
  })

  it.each([
    [['A'], ['B'], ['variables']],
    [[], ['B'], ['variables']],
    [['A', 'B'], ['B', 'A'], []],
    [undefined, ['B'], []],
  ])('variables that may be named: %j beside %j', (claimed, holds, told) => {
    const paths = settingDifferences({ ...entry, variables: claimed }, { ...entry, variables: holds })
    expect(paths.map(({ path }) => path)).toEqual(told)
  })
})

describe('a request that comes by the workflow of another folder', () => {
  const admit = (claimed: Target, workflowId: string) => () =>
    admitRequest(
      serviceOf([charterFor({ ...target, persistTo: '/ada/state' })]),
      requestOf(claimed),
      workflowId,
    )
  const requestOf = (claimed: Target): object => ({ ...requestFor('id'), target: claimed })

  it('is refused with the folder of each side', () => {
    const id = 'migration/local/id'
    expect(admit({ ...target, persistTo: '/bea/state' }, id)).toThrow(
      /that of the project lies in "\/bea\/state", and that of the charter in "\/ada\/state"/,
    )
    expect(admit({ ...target, persistTo: '/ada/state' }, `${id}/43ac4505`)).toThrow(
      /lies in \/ada\/state.*This is \S+43ac4505, which belongs to another folder; the request names \/ada\/state/,
    )
    expect(admit({ ...target, persistTo: '/ada/state' }, id)).not.toThrow()
  })
})
