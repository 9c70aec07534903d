import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Bundle } from '../../../src/contract/run.js'
import type { MigrationFile } from '../../../src/contract/target.js'
import { artifactFolder } from '../../../src/d1/migrations/artifacts.js'
import { packBundle, unpackBundle, whyNotUnpacked } from '../../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { temporaryFolder } from '../../temporary-folder.js'

const SMALL = [
  migrationFile('0001_žluť.sql', Buffer.from("INSERT INTO t VALUES ('🎨\r\n');\n")),
  migrationFile('0002_empty.sql', Buffer.from('')),
]

/** Text that does not pack: base64 of noise stays above 1 MB. */
function large(): MigrationFile[] {
  const noise = randomBytes(1_200_000).toString('base64')
  return [migrationFile('0001_large.sql', Buffer.from(`INSERT INTO t VALUES ('${noise}');`)), ...SMALL]
}

const refs = (files: MigrationFile[]): { name: string; sha256: string }[] =>
  files.map(({ name, sha256 }) => ({ name, sha256 }))

describe('a bundle in the workflow input', () => {
  it('brings back every byte, in the order that is asked for', async () => {
    const bundle = await packBundle(SMALL)
    expect(bundle.encoding).toBe('gzip-base64')
    expect(await unpackBundle(bundle, refs(SMALL))).toEqual(SMALL)
    expect(await unpackBundle(bundle, refs(SMALL).reverse())).toEqual([...SMALL].reverse())
  })

  it.each([
    ['a file that it lacks', [{ name: '0009_other.sql', sha256: '0'.repeat(64) }], /lacks 0009_other\.sql/],
    ['other bytes than were approved', [{ name: '0002_empty.sql', sha256: '0'.repeat(64) }], /other bytes/],
  ])('refuses %s', async (_what, files, message) => {
    const bundle = await packBundle(SMALL)
    await expect(unpackBundle(bundle, files)).rejects.toMatchObject({
      type: 'ValidationFailed',
      message: expect.stringMatching(message),
      advice: expect.stringContaining('d1-runbook start'),
    })
  })

  it('refuses SQL that was exchanged on the way', async () => {
    const bundle = await packBundle(SMALL)
    if (bundle.encoding !== 'gzip-base64') throw new Error('expected an inline bundle')
    const content = gunzipSync(Buffer.from(bundle.data, 'base64')).toString()
    const data = gzipSync(content.replace('INSERT INTO t', 'DELETE FROM t')).toString('base64')
    await expect(unpackBundle({ ...bundle, data }, refs(SMALL))).rejects.toMatchObject({
      type: 'ValidationFailed',
      message: expect.stringContaining('0001_žluť.sql'),
    })
  })

  it.each([
    ['no gzip at all', Buffer.from('not packed').toString('base64')],
    ['a cut one', Buffer.from(gzipSync('[{"name":"a"}]').subarray(0, 12)).toString('base64')],
    ['gzip around no JSON', gzipSync('no JSON').toString('base64')],
    ['gzip around other JSON', gzipSync('{"name":1}').toString('base64')],
  ])('refuses %s as damaged, not as a bug', async (_what, data) => {
    await expect(unpackBundle({ encoding: 'gzip-base64', data }, refs(SMALL))).rejects.toMatchObject({
      type: 'ValidationFailed',
    })
  })
})

it('refuses what would fill the memory of a worker, and takes what repeats itself much', async () => {
  const bundled = (sql: string): Bundle => {
    const content = JSON.stringify(SMALL.map(({ name }) => ({ name, sql })))
    return { encoding: 'gzip-base64', data: gzipSync(content).toString('base64') }
  }
  await expect(unpackBundle(bundled(' '.repeat(40_000_000)), refs(SMALL))).rejects.toMatchObject({
    type: 'ValidationFailed',
    message: 'The bundle of the migration files cannot be unpacked.',
  })
  const many = migrationFile('0001_many.sql', Buffer.from('INSERT INTO t VALUES (1);\n'.repeat(200_000)))
  expect(await unpackBundle(await packBundle([many]), refs([many]))).toEqual([many])
})

it('says before anything begins whether a bundle would be unpacked, and packs none that would not', async () => {
  const packed = (content: string): Bundle => ({
    encoding: 'gzip-base64',
    data: gzipSync(content).toString('base64'),
  })
  expect(await whyNotUnpacked(await packBundle(SMALL))).toBeUndefined()
  expect(await whyNotUnpacked(packed(' '.repeat(16_000_000)))).toBeUndefined()
  expect(await whyNotUnpacked({ encoding: 'artifact', sha256: '0'.repeat(64) })).toBeUndefined()
  expect(await whyNotUnpacked(packed(' '.repeat(17_000_000)))).toMatch(/more than the 16.777.216 bytes/)
  expect(await whyNotUnpacked(packed(' '.repeat(200_000_000)))).toMatch(/more than the /)
  for (const data of ['', 'AAAA', packed('x').encoding, Buffer.from('no gzip').toString('base64')])
    expect(await whyNotUnpacked({ encoding: 'gzip-base64', data })).toMatch(/nothing can unpack/)
  const same = migrationFile('0001_same.sql', Buffer.from('INSERT INTO t VALUES (1);\n'.repeat(800_000)))
  await expect(packBundle([same])).rejects.toMatchObject({
    type: 'ConfigInvalid',
    message: expect.stringContaining('too large'),
  })
})

describe('a bundle in the artifact store', () => {
  it('lies there under its hash, complete or not at all', async () => {
    const store = join(temporaryFolder(), 'artifacts')
    const files = large()
    const bundle = await packBundle(files, artifactFolder(store))
    if (bundle.encoding !== 'artifact') throw new Error('expected an artifact')
    expect(readdirSync(store)).toEqual([`${bundle.sha256}.gz`])
    const bytes = readFileSync(join(store, `${bundle.sha256}.gz`))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(bundle.sha256)
    expect(await unpackBundle(bundle, refs(files), artifactFolder(store))).toEqual(files)
  })

  it('is refused without a store, when it is gone, and when it was changed', async () => {
    const store = temporaryFolder()
    const files = large()
    await expect(packBundle(files)).rejects.toMatchObject({
      type: 'ConfigInvalid',
      advice: expect.stringContaining('artifacts'),
    })
    const bundle = await packBundle(files, artifactFolder(store))
    await expect(unpackBundle(bundle, refs(files))).rejects.toMatchObject({
      message: expect.stringContaining('this worker has none'),
    })
    const [name = ''] = readdirSync(store)
    writeFileSync(join(store, name), gzipSync('[]'))
    await expect(unpackBundle(bundle, refs(files), artifactFolder(store))).rejects.toMatchObject({
      message: expect.stringContaining('was changed in the store'),
    })
    rmSync(join(store, name))
    await expect(unpackBundle(bundle, refs(files), artifactFolder(store))).rejects.toMatchObject({
      type: 'ValidationFailed',
      message: expect.stringContaining('lacks'),
    })
  })
  it('goes once no run has asked for it for 30 days, and with it what a killed process left; nothing else does', async () => {
    const folder = temporaryFolder()
    const bundles = artifactFolder(folder)
    const [used, unused] = ['a', 'b'].map((letter) => letter.repeat(64))
    const half = `.${'c'.repeat(64)}.2f.tmp`
    for (const one of [used, unused]) await bundles.keep(one ?? '', Buffer.from('x'))
    for (const name of [half, 'notes.txt']) writeFileSync(join(folder, name), 'x')
    const longAgo = new Date(Date.now() - 31 * 24 * 60 * 60_000)
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), longAgo, longAgo)
    expect(await bundles.load(used ?? '')).toEqual(Buffer.from('x'))
    await bundles.prune()
    expect(readdirSync(folder).sort()).toEqual([`${used}.gz`, 'notes.txt'].sort())
    await artifactFolder(join(folder, 'never made')).prune()
  })
})
