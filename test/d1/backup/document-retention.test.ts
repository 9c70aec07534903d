import { utimesSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { pruneDocuments } from '../../../src/d1/backup/document-retention.js'
import { storedArtifacts } from '../../../src/d1/migrations/artifacts.js'
import { openStore } from '../../../src/store/open-store.js'
import type { Kind, Store } from '../../../src/store/store.js'
import { putContent } from '../../../src/store/text-object.js'
import { temporaryFolder } from '../../temporary-folder.js'

const DATABASE = { name: 'art', id: 'art', remote: true }
const run = (day: string, environment = 'production'): string =>
  `${environment}-202603${day}-120000-0000${day}00`

function open(): Store {
  const storage = { kind: 'folder' as const, path: path.join(temporaryFolder(), 'store') }
  const store = openStore(
    { storage, database: DATABASE },
    { env: {}, variables: [], scratch: temporaryFolder() },
  )
  if (store === undefined) throw new Error('there is a store')
  return store
}

async function kept(store: Store, kind: Kind = 'document'): Promise<string[]> {
  const runs = (await store.list()).filter(({ key }) => key.kind === kind).map(({ key }) => key.run)
  return [...new Set(runs)].sort()
}

it('documents of runs go beyond the newest ones, but for what a run under way or a kept archive is about', async () => {
  const store = open()
  const put = (key: string, kind: Kind, name: string) => putContent(store, { run: key, kind, name }, 'x')
  for (const day of ['01', '02', '03', '04', '05', '06']) {
    await put(run(day), 'document', 'report.md')
    await put(run(day), 'document', 'report.html')
  }
  await put(run('01'), 'hold', 'backup-production-2026-03-01-120000.zip')
  await put(run('02'), 'archive', 'backup-production-2026-03-02-120000.zip')
  // Of another environment, of no run, and shared by runs.
  await put(run('01', 'production-eu'), 'document', 'report.md')
  await put('by-hand', 'document', 'note.md')
  await put('bundles', 'bundle', 'a.gz')

  await pruneDocuments({ store, environment: 'production', keep: 2 })
  const rest = ['by-hand', run('01'), run('02'), run('05'), run('06'), run('01', 'production-eu')].sort()
  expect(await kept(store)).toEqual(rest)
  expect(await kept(store, 'bundle')).toEqual(['bundles'])
  expect(await kept(store, 'hold')).toEqual([run('01')])
  await pruneDocuments({ store, environment: 'production', keep: 14 })
  expect(await kept(store)).toEqual(rest)

  // A run that was ended by force never lets go by itself.
  const [hold] = (await store.list()).filter(({ key }) => key.kind === 'hold')
  const longAgo = new Date(Date.now() - 31 * 24 * 60 * 60_000)
  utimesSync(hold?.location ?? '', longAgo, longAgo)
  await pruneDocuments({ store, environment: 'production', keep: 2 })
  expect(await kept(store)).toEqual(rest.filter((one) => one !== run('01')))
})

it('a bundle goes once no run has asked for it for 30 days, and one that is asked for stays', async () => {
  const store = open()
  const bundles = storedArtifacts(store)
  const [used, unused, young] = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
  if (used === undefined || unused === undefined || young === undefined) throw new Error('three')
  for (const one of [used, unused, young]) await bundles.keep(one, Buffer.from(one))
  await putContent(
    store,
    { run: run('01'), kind: 'archive', name: 'backup-production-2026-03-01-120000.zip' },
    'x',
  )
  const longAgo = new Date(Date.now() - 31 * 24 * 60 * 60_000)
  for (const { key, location } of await store.list())
    if (!key.name.startsWith(young)) utimesSync(location, longAgo, longAgo)

  expect(await bundles.load(used)).toEqual(Buffer.from(used))
  await bundles.prune()
  const rest = (await store.list()).map(({ key }) => key.name).sort()
  expect(rest).toEqual([`${used}.gz`, 'backup-production-2026-03-01-120000.zip', `${young}.gz`].sort())
  expect(await bundles.load(used)).toEqual(Buffer.from(used))
  expect(await bundles.load(unused)).toBeUndefined()
})
