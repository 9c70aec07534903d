import { generateHybridIdentity, generateIdentity, identityToRecipient } from 'age-encryption'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import yauzl from 'yauzl'
import yazl from 'yazl'
import type { Target } from '../../../src/contract/target.js'
import { readIdentities } from '../../../src/d1/backup/age.js'
import {
  archivesOf,
  createBackup,
  restoreBackup,
  sealArchives,
  unsealArchive,
  validateBackup,
} from '../../../src/d1/backup/backup.js'
import { hold, release } from '../../../src/d1/backup/holds.js'
import { readWhole, unpackArchive } from '../../../src/d1/backup/unpack.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import type { Storage } from '../../../src/contract/storage.js'
import { openStore } from '../../../src/store/open-store.js'
import { buildIfStale, builtModule } from '../../e2e/processes.js'
import { emulator, gateway, KEY, startGateway, storageOf } from '../../store/servers.js'
import { localTarget, seedLocal } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

const SECRET = 'a letter that nobody else may read'

/** Secret key of the team, of who looks after disasters (post-quantum), and of nobody. */
let team: string
let vault: string
let stranger: string
let target: Target
/** A sealed archive, and its bytes. */
let sealed: string
let bytes: Buffer

beforeAll(async () => {
  ;[team, vault, stranger] = [
    await generateIdentity(),
    await generateHybridIdentity(),
    await generateIdentity(),
  ]
  target = localTarget({
    backupRecipients: [await identityToRecipient(team), await identityToRecipient(vault)],
  })
  // More than one piece of what age encrypts, unlike as rows are.
  const rows = Array.from({ length: 3000 }, (_, index) => `(${index}, '${SECRET} ${Math.sin(index)}')`)
  seedLocal(target, `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES ${rows.join()};`)
  const record = await createBackup({ target, files: [], keep: 3 })
  expect(record).toMatchObject({ verified: true, sealedTo: target.backupRecipients })
  sealed = record.file
  bytes = readFileSync(sealed)
})

const keyFile = (...keys: string[]): string => {
  const file = path.join(temporaryFolder(), 'key.txt')
  writeFileSync(file, `# created: today\n${keys.join('\n')}\n`)
  return file
}
const openerOf = (...keys: string[]) => readIdentities(keyFile(...keys))

async function entriesOf(file: string): Promise<Map<string, Buffer>> {
  const zip = await yauzl.openPromise(file, { lazyEntries: true })
  const found = new Map<string, Buffer>()
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = []
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
    found.set(entry.fileName, Buffer.concat(chunks))
  }
  return found
}

/** The sealed archive with other entries. */
async function altered(change: (entries: Map<string, Buffer>) => void): Promise<string> {
  const entries = await entriesOf(sealed)
  change(entries)
  const zip = new yazl.ZipFile()
  for (const [name, content] of entries) zip.addBuffer(content, name, { compress: false })
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer)
  const file = path.join(temporaryFolder(), path.basename(sealed))
  writeFileSync(file, Buffer.concat(chunks))
  return file
}

/** What is sealed becomes other bytes, of which the metadata says what somebody who writes it would say. */
const withSealed = (change: (content: Buffer) => Buffer): Promise<string> =>
  altered((entries) => {
    const content = change(entries.get('database.sql.gz.age') ?? Buffer.alloc(0))
    const metadata = JSON.parse(String(entries.get('metadata.json'))) as { sealed: { sizeBytes: number } }
    metadata.sealed.sizeBytes = content.length
    entries.set('database.sql.gz.age', content).set('metadata.json', Buffer.from(JSON.stringify(metadata)))
  })

describe('a sealed archive', () => {
  it('shows what is in it, and nothing of the rows', async () => {
    const entries = await entriesOf(sealed)
    expect([...entries.keys()].sort()).toEqual([
      'database.sql.gz.age',
      'metadata.json',
      'migration_state.json',
    ])
    expect(String(entries.get('database.sql.gz.age'))).toMatch(/^age-encryption\.org\/v1\n/)
    for (const content of [bytes, ...entries.values()]) expect(content.includes(SECRET)).toBe(false)
    expect((await unpackArchive(sealed)).metadata).toMatchObject({
      tables: [{ name: 't', rows: 3000 }],
      sealed: { recipients: target.backupRecipients },
    })
    expect(readdirSync(target.backupDir).sort()).toEqual(['.gitignore', path.basename(sealed)])
  })

  it('is called neither valid nor invalid without the key: the content was not looked at', async () => {
    expect(await validateBackup({ file: sealed })).toMatchObject({
      valid: null,
      content: 'sealed',
      problems: [],
    })
  })

  it.each([
    ['the first recipient', () => [team]],
    ['the second', () => [vault]],
    ['one of several keys', () => [stranger, team]],
  ])('is opened, restored and compared by %s', async (_who, keys) => {
    const opener = await openerOf(...keys())
    expect(await validateBackup({ file: sealed, opener })).toMatchObject({
      valid: true,
      content: 'compared',
    })
  })

  it('is restored with the key, to the last value', async () => {
    const to = path.join(temporaryFolder(), 'restored')
    const { database } = await restoreBackup({ file: sealed, to, opener: await openerOf(team) })
    const copy = openSqlite(database, { readOnly: true })
    const last = copy.prepare('SELECT v FROM t WHERE id = 2999').get()
    copy.close()
    expect(last).toEqual({ v: `${SECRET} ${Math.sin(2999)}` })
  })

  it('is refused with the command that helps, where nothing or a stranger opens it', async () => {
    const to = path.join(temporaryFolder(), 'restored')
    const refused = restoreBackup({ file: sealed, to })
    await expect(refused).rejects.toMatchObject({
      type: 'ArchiveSealed',
      message: expect.stringContaining(target.backupRecipients?.[0] ?? '?'),
      advice: expect.stringContaining('backup unseal'),
    })
    const opener = await openerOf(stranger)
    for (const work of [restoreBackup, validateBackup]) {
      const error: unknown = await work({ file: sealed, to, opener }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({
        type: 'ArchiveSealed',
        message: expect.stringContaining('No identity in'),
      })
      expect(String(error)).not.toContain(stranger)
    }
    expect(existsSync(path.join(to, 'database.sqlite'))).toBe(false)
  })

  it('of any size is said to be sealed to others, not to be damaged', async () => {
    const large = await withSealed((content) => Buffer.concat([content, randomBytes(8 * 1024 * 1024)]))
    await expect(validateBackup({ file: large, opener: await openerOf(stranger) })).rejects.toMatchObject({
      type: 'ArchiveSealed',
    })
  })

  it('becomes a readable one again in another folder, and nothing is overwritten', async () => {
    const to = temporaryFolder()
    const opener = await openerOf(vault)
    const file = await unsealArchive({ file: sealed, to, opener })
    expect(path.basename(file)).toBe(path.basename(sealed))
    expect(await validateBackup({ file })).toMatchObject({ valid: true, content: 'compared' })
    const again = unsealArchive({ file: sealed, to, opener })
    await expect(again).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining('exists'),
    })
    const twice = unsealArchive({ file, to: temporaryFolder(), opener })
    await expect(twice).rejects.toMatchObject({ message: expect.stringContaining('is not sealed') })
    expect(readdirSync(to)).toEqual([path.basename(sealed)])
  })
})

describe('a sealed archive that is not what it was', () => {
  const flipped = (content: Buffer): Buffer => {
    const at = Math.floor(content.length / 2)
    return Buffer.from(content.with(at, (content[at] ?? 0) ^ 1))
  }
  const ATTACKS: [string, () => Promise<string> | string, { blind: RegExp | null; open: RegExp }][] = [
    [
      'a truncated file',
      () => {
        const file = path.join(temporaryFolder(), 'cut.zip')
        writeFileSync(file, bytes.subarray(0, -200))
        return file
      },
      { blind: /not a complete zip/, open: /not a complete zip/ },
    ],
    [
      'a sealed part that was cut off',
      () => withSealed((content) => content.subarray(0, -1000)),
      { blind: /was changed: its SHA-256/, open: /is damaged/ },
    ],
    ['a changed byte', () => withSealed(flipped), { blind: /was changed: its SHA-256/, open: /is damaged/ }],
    [
      'something that was never sealed',
      () => withSealed(() => Buffer.alloc(2 * 1024 * 1024, 'x')),
      { blind: /was changed: its SHA-256/, open: /no header of age/ },
    ],
    [
      'a readable database beside it',
      () => altered((entries) => entries.set('database.sql', Buffer.from('SELECT 1;'))),
      { blind: /holds database\.sql beside/, open: /holds database\.sql beside/ },
    ],
    [
      'metadata of another content',
      () =>
        altered((entries) => {
          const said = JSON.parse(String(entries.get('metadata.json'))) as object
          entries.set('metadata.json', Buffer.from(JSON.stringify({ ...said, sizeBytes: 1000 })))
        }),
      // Nothing tells without the key, and nothing is said of it.
      { blind: null, open: /more than the 1,000 bytes/ },
    ],
  ]
  it.each(ATTACKS)('%s', async (_what, make, { blind, open }) => {
    const file = await make()
    const without = await validateBackup({ file })
    if (blind === null) expect(without).toMatchObject({ valid: null, content: 'sealed' })
    else expect(without).toMatchObject({ valid: false, problems: [expect.stringMatching(blind)] })
    const opener = await openerOf(team)
    expect(await validateBackup({ file, opener })).toMatchObject({
      valid: false,
      problems: [expect.stringMatching(open)],
    })
  })
})

/** Where archives may lie; undefined: beside the project. */
const PLACES: [string, () => Promise<Storage | undefined>][] = [
  ['beside the project', async () => undefined],
  ['in a folder of all workers', async () => ({ kind: 'folder', path: temporaryFolder() })],
  [
    'in a bucket',
    async () => {
      const server = gateway === undefined ? await emulator() : await startGateway(gateway)
      onTestFinished(() => server.close())
      return storageOf(server)
    },
  ],
]

/** A database of its own whose archives lie there, with these rows. */
async function placeWith(storage: Storage | undefined, rows: string) {
  const own = localTarget()
  const mine: Target = storage === undefined ? own : { ...own, storage }
  seedLocal(mine, `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ${rows};`)
  const here = { env: KEY, variables: [], scratch: temporaryFolder() }
  const store = openStore(mine, here)
  const recipients = target.backupRecipients ?? []
  return { mine, store, recipients, archives: archivesOf(mine, store) }
}

describe('sealing what lies there', () => {
  it.each(PLACES)(
    'waits for the run that needs an archive, and leaves none half: %s',
    async (_where, make) => {
      const { mine, store, recipients, archives } = await placeWith(await make(), `('${SECRET}')`)
      const held = { by: 'local-20260102-030405-00000001', files: [] }
      const { file, sha256, sealedTo } = await createBackup({ target: mine, store, files: [], keep: 3, held })
      expect(sealedTo).toBeUndefined()

      expect(await sealArchives({ archives, recipients })).toMatchObject({ sealed: [], needed: [file] })
      await archives.open(file, { sha256 })

      const done = await sealArchives({ archives, recipients, run: held.by })
      const [now] = done.sealed
      expect(done).toMatchObject({ sealed: [{ file, sealedTo: recipients }], needed: [] })
      const opened = await archives.open(file, { sha256: now?.sha256 ?? '' })
      expect((await unpackArchive(opened)).metadata.sealed).toBeDefined()
      expect(await validateBackup({ file: opened, opener: await openerOf(team) })).toMatchObject({
        valid: true,
      })

      // A worker that died behind it, or `backup seal` by hand.
      const again = await sealArchives({ archives, recipients, run: held.by })
      expect(again).toMatchObject({ sealed: [], already: [now] })
      await archives.release(held.by)
      expect(await sealArchives({ archives, recipients })).toMatchObject({
        sealed: [],
        already: [now],
        needed: [],
      })
    },
  )

  it('leaves what another run needs as well, and what cannot be read', async () => {
    const mine = localTarget()
    seedLocal(mine, 'CREATE TABLE t (v TEXT);')
    const archives = archivesOf(mine, undefined)
    const first = { by: 'local-20260102-030405-00000001', files: [] }
    const { file } = await createBackup({ target: mine, files: [], keep: 3, held: first })
    await hold(mine.backupDir, { by: 'local-20260102-030405-00000002', files: [file] })
    const broken = path.join(mine.backupDir, 'backup-local-2026-01-02-030405.zip')
    writeFileSync(broken, 'no zip')
    const recipients = target.backupRecipients ?? []
    expect(await sealArchives({ archives, recipients, run: first.by })).toMatchObject({
      sealed: [],
      needed: [file],
    })
    await release(mine.backupDir, first.by)
    expect(await sealArchives({ archives, recipients })).toMatchObject({
      sealed: [],
      needed: [file],
      unreadable: [broken],
    })
    await readWhole(file, temporaryFolder())
  })

  it('seals what only a lost run needs besides, once another has carried it out', async () => {
    const mine = localTarget()
    seedLocal(mine, 'CREATE TABLE t (v TEXT);')
    const archives = archivesOf(mine, undefined)
    const lost = { by: 'local-20260102-030405-00000001', files: [] }
    const run = 'local-20260102-030405-00000002'
    const { file } = await createBackup({ target: mine, files: [], keep: 3, held: lost })
    await hold(mine.backupDir, { by: run, files: [file] })
    const recipients = target.backupRecipients ?? []
    expect(await sealArchives({ archives, recipients, run })).toMatchObject({ sealed: [], needed: [file] })
    expect(await sealArchives({ archives, recipients, run, wentOnFrom: lost.by })).toMatchObject({
      sealed: [{ file }],
      needed: [],
    })
  })
})

/** Told what to seal, says when it begins to, and is killed at it. */
const SEALER = `
const src = (name) => import(new URL(name, process.env.SRC).href)
const { archivesOf, sealArchives } = await src('d1/backup/backup.js')
const { openStore } = await src('store/open-store.js')
const { mine, recipients, scratch, key } = JSON.parse(process.env.WORK)
const archives = archivesOf(mine, openStore(mine, { env: key, variables: [], scratch }))
await sealArchives({ archives, recipients, onProgress: (said) => console.log(said) })
console.log('sealed all')`

describe('a worker that is killed while it seals', () => {
  beforeAll(buildIfStale)

  it.each(PLACES)(
    'leaves the archive readable or sealed, and whole; the next one seals it: %s',
    async (_where, make) => {
      const rows = Array.from({ length: 30_000 }, (_, at) => `('${SECRET} ${Math.sin(at)}')`).join()
      const { mine, store, recipients, archives } = await placeWith(await make(), rows)
      const { file } = await createBackup({ target: mine, store, files: [], keep: 3 })
      const opener = await openerOf(team)
      for (const afterMs of [0, 300, 1200]) {
        const work = { mine, recipients, scratch: temporaryFolder(), key: KEY }
        const sealer = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', SEALER], {
          env: {
            ...process.env,
            SRC: builtModule('src/'),
            WORK: JSON.stringify(work),
          },
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const ended = once(sealer, 'exit')
        await Promise.race([once(sealer.stdout, 'data'), ended])
        await sleep(afterMs)
        sealer.kill('SIGKILL')
        await ended
        const opened = await archives.open(file)
        expect(await validateBackup({ file: opened, opener })).toMatchObject({ valid: true, problems: [] })
      }
      const { sealed, already } = await sealArchives({ archives, recipients })
      expect([...sealed, ...already].map((one) => one.file)).toEqual([file])
      const opened = await archives.open(file)
      expect((await unpackArchive(opened)).metadata.sealed).toBeDefined()
      expect(await validateBackup({ file: opened, opener })).toMatchObject({ valid: true })
    },
  )
})

describe('a file of identities', () => {
  it.each([
    ['a public key', () => keyFile(target.backupRecipients?.[0] ?? ''), /no identity of age/],
    ['no line', () => keyFile(), /holds no identity/],
    ['a broken key', () => keyFile(`${team.slice(0, -1)}Q`), /no identity of age/],
    ['an encrypted one', () => keyFileOf('age-encryption.org/v1\n-> scrypt x 18\n'), /is encrypted itself/],
    ['none', () => path.join(temporaryFolder(), 'missing.txt'), /cannot be read/],
    ['something large', () => keyFileOf('x'.repeat(2 * 1024 * 1024)), /too large/],
  ])('with %s is refused, and not repeated', async (_what, make, why) => {
    const refused = readIdentities(make())
    await expect(refused).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringMatching(why),
    })
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(team.slice(0, 40)) })
  })
})

function keyFileOf(text: string): string {
  const file = path.join(temporaryFolder(), 'key.txt')
  writeFileSync(file, text)
  return file
}

it('makes no backup for a key that nothing can be encrypted to', async () => {
  const { bech32 } = await import('@scure/base')
  const zero = bech32.encodeFromBytes('age', new Uint8Array(32))
  const made = createBackup({ target: { ...target, backupRecipients: [zero] }, files: [], keep: 3 })
  await expect(made).rejects.toMatchObject({ type: 'ConfigInvalid', message: expect.stringContaining(zero) })
})
