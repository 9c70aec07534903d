import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { disksOf, elsewhere, onItsDisk } from '../../src/activities/disks.js'
import type { Target } from '../../src/contract/target.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { diskName } from '../../src/store/disk-name.js'
import { charterFor } from '../charter-for.js'
import { defaultHome, contextFor } from '../../src/activities/worker-place.js'
import { requestFor } from '../workflows/request.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'd1 rünbook place '))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('keeps the files of a remote run in one folder, before and after the home exists', () => {
  const place = defaultHome({ home: path.join(folder, 'home') })
  const { target: local } = requestFor('id')
  const target = {
    ...local,
    projectDir: path.join(folder, 'elsewhere'),
    database: { ...local.database, remote: true },
  }
  const first = contextFor(place, target)
  mkdirSync(place.home)
  expect(contextFor(place, target)).toEqual(first)
  expect(first).toMatchObject({ folder: place.home, target: { projectDir: place.home } })
})

it('keeps them in the project where this machine has it', () => {
  const { target } = requestFor('id')
  const here = contextFor(defaultHome(), { ...target, projectDir: folder })
  expect(here.folder).toBe(path.join(folder, '.d1-runbook'))
})

describe('the name of a disk', () => {
  const remote = (settings: Partial<Target> = {}): Target => {
    const { target } = requestFor('id')
    const database = { ...target.database, remote: true }
    return { ...target, projectDir: path.join(folder, 'elsewhere'), database, ...settings }
  }
  const disks = (home: string, ...targets: Target[]) =>
    disksOf(serviceOf(targets.map((target) => charterFor(target))), { home: path.join(folder, home) })
  const names = async (home: string, target: Target): Promise<string[]> => [
    ...(await disks(home, target)).values(),
  ]

  it('is the same for workers that find the same files, however they call the folder, and stays', async () => {
    const shared = path.join(folder, 'shared')
    const [one] = await names('a', remote({ storage: { kind: 'folder', path: shared } }))
    renameSync(shared, path.join(folder, 'mounted elsewhere'))
    const moved = remote({ storage: { kind: 'folder', path: path.join(folder, 'mounted elsewhere') } })
    expect(await names('b', moved)).toEqual([one])
    expect(one).toMatch(/^[0-9a-f]{12}$/)
  })

  it('is another one for each home, and the same for all databases of a folder', async () => {
    const [one, other] = [await names('a', remote()), await names('b', remote())]
    expect(one).toHaveLength(1)
    expect(one).not.toEqual(other)
    const second = remote({ database: { name: 'second', id: 'second', remote: true } })
    expect([...(await disks('a', remote(), second)).values()]).toEqual(one)
  })

  it.each<[string, Partial<Target>]>([
    ['a local database, which is on one machine itself', { database: { name: 'x', id: 'x', remote: false } }],
    [
      'a bucket, which every worker reaches',
      {
        storage: {
          kind: 's3',
          bucket: 'archives',
          region: 'auto',
          prefix: '',
          keyIdEnv: 'A',
          secretEnv: 'B',
        },
      },
    ],
  ])('is not needed for %s', async (_, settings) => {
    expect(await names('a', remote(settings))).toEqual([])
  })

  it('is one, whoever of many comes first', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => diskName(path.join(folder, 'raced'))))
    expect(new Set(asked).size).toBe(1)
  })

  it('stands with an archive that was made there; not where the folder became another one', async () => {
    const target = remote()
    const place = defaultHome({ home: path.join(folder, 'a'), disks: await disks('a', target) })
    const [[at = '', disk] = []] = place.disks
    expect(await onItsDisk({}, { place, target })).toEqual({ disk })
    // Lost with a folder that somebody emptied: it is what it was.
    rmSync(path.join(at, '.d1-runbook-disk'))
    expect(await onItsDisk({}, { place, target })).toEqual({ disk })
    expect(readFileSync(path.join(at, '.d1-runbook-disk'), 'utf8')).toBe(`${disk}\n`)
    writeFileSync(path.join(at, '.d1-runbook-disk'), 'ffffffffffff\n')
    await expect(onItsDisk({}, { place, target })).rejects.toMatchObject({ type: 'ConfigInvalid' })
    // A worker that polls no queue of a disk says of no archive that it is its alone.
    expect(await onItsDisk({}, { place: defaultHome({ home: place.home }), target })).toEqual({})
  })

  it('tells a worker that it can say nothing of archives on another one', async () => {
    const target = remote()
    const place = defaultHome({ home: path.join(folder, 'a'), disks: await disks('a', target) })
    const here = contextFor(place, target)
    const [disk = ''] = place.disks.values()
    expect(elsewhere(here, {})).toBe(false)
    expect(elsewhere(here, { disk })).toBe(false)
    expect(elsewhere(here, { disk: 'ffffffffffff' })).toBe(true)
  })
})
