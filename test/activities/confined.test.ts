import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { keepDocument } from '../../src/activities/run-files.js'
import { artifactStore, contextFor, defaultHome, runFolder } from '../../src/activities/worker-place.js'
import { storeOf } from '../../src/config/store.js'
import type { Context } from '../../src/config/context.js'
import type { Target } from '../../src/contract/target.js'
import { takeLease } from '../../src/d1/apply/lease.js'
import { besideArchives } from '../../src/d1/backup/beside-archives.js'
import { localDatabaseFile } from '../../src/d1/read/local-file.js'
import { stateFolder } from '../../src/process/state-folder.js'
import { localTarget, seedLocal } from '../d1/local-target.js'
import { temporaryFolder } from '../temporary-folder.js'
import { productionTarget } from './production-target.js'

const RUN = 'production-20260308-220314-deadbeef'
let folder: string
let target: Target
beforeEach(() => {
  folder = temporaryFolder()
  target = productionTarget(path.join(folder, 'project'))
  mkdirSync(target.projectDir)
  mkdirSync(elsewhere())
  writeFileSync(path.join(elsewhere(), 'file'), 'somebody else’s')
})

const elsewhere = (): string => path.join(folder, 'elsewhere')
const here = () => contextFor(defaultHome({ home: path.join(folder, 'home'), env: {} }), target)

/** A link at this place of the project, as a checkout brings it. */
function link(to: string, ...parts: string[]): void {
  const file = path.join(target.projectDir, ...parts)
  mkdirSync(path.dirname(file), { recursive: true })
  symlinkSync(to, file)
}

/** All that a run has kept for it in the project. */
async function work(): Promise<void> {
  const place = here()
  const lease = await takeLease(target, place.folder)
  try {
    await artifactStore(place).keep('a'.repeat(64), Buffer.from('x'))
    await keepDocument(place, { runKey: RUN, name: 'report.md' }, 'report')
    await besideArchives(place.target).atDesk(async (desk) => writeFileSync(path.join(desk, 'x'), ''))
  } finally {
    lease.release()
  }
}

const group = (): string => {
  // The name is known to whoever knows the database: no secret keeps a link from lying there.
  const probe = productionTarget(path.join(folder, 'probe'))
  mkdirSync(probe.projectDir)
  return probe.projectDir
}

describe('a link that a checkout brings leads nothing of a run out of it', () => {
  test.each<[string, () => void]>([
    ['our folder', () => link(elsewhere(), '.d1-runbook')],
    ['our folder, to nowhere', () => link(path.join(folder, 'none'), '.d1-runbook')],
    ['a folder on the way', () => link(elsewhere(), '.d1-runbook', 'runs')],
    ['the folder of the run', () => link(elsewhere(), '.d1-runbook', 'runs', RUN)],
    ['a document', () => link(path.join(elsewhere(), 'file'), '.d1-runbook', 'runs', RUN, 'report.md')],
    [
      'a document, to nowhere',
      () => link(path.join(elsewhere(), 'none'), '.d1-runbook', 'runs', RUN, 'report.md'),
    ],
    ['artifacts', () => link(elsewhere(), '.d1-runbook', 'artifacts')],
    ['leases', () => link(elsewhere(), '.d1-runbook', 'leases')],
    ['the folder of archives', () => link(elsewhere(), 'backups')],
    [
      'another folder of the checkout with a link in it',
      () => {
        link(elsewhere(), 'docs', 'out')
        link(path.join(target.projectDir, 'docs', 'out'), '.d1-runbook')
      },
    ],
  ])('%s', async (_what, make) => {
    make()
    await expect(work()).rejects.toMatchObject({
      type: 'NotPermitted',
      message: expect.stringContaining('is not below'),
    })
    expect(readdirSync(elsewhere())).toEqual(['file'])
    expect(readFileSync(path.join(elsewhere(), 'file'), 'utf8')).toBe('somebody else’s')
    expect(existsSync(path.join(folder, 'none'))).toBe(false)
  })

  test('the note of a lease, whose name everybody can know', async () => {
    const probe = group()
    const lease = await takeLease(target, probe)
    lease.remember(1)
    const [name = ''] = readdirSync(path.join(probe, 'leases')).filter((one) => one.endsWith('.group'))
    lease.release()
    link(path.join(elsewhere(), 'file'), '.d1-runbook', 'leases', name)
    await expect(work()).rejects.toMatchObject({ type: 'NotPermitted' })
    expect(readFileSync(path.join(elsewhere(), 'file'), 'utf8')).toBe('somebody else’s')
    // Nothing is held by the one who was refused.
    ;(await takeLease(target, probe)).release()
  })

  test('one that came after the worker had looked', async () => {
    await work()
    const place = here()
    renameSync(path.join(target.projectDir, '.d1-runbook', 'runs'), path.join(folder, 'kept'))
    link(elsewhere(), '.d1-runbook', 'runs')
    await expect(keepDocument(place, { runKey: RUN, name: 'report.md' }, 'x')).rejects.toMatchObject({
      type: 'NotPermitted',
    })
    expect(readdirSync(elsewhere())).toEqual(['file'])
  })

  test('nor does a name of a run or a document', async () => {
    for (const key of ['..', '../..', '/etc', 'a/../../x', '', 'x\0'])
      expect(() => runFolder(here(), key)).toThrow(expect.objectContaining({ type: 'NotPermitted' }))
    for (const name of ['..', '../../x', '/etc/x'])
      await expect(keepDocument(here(), { runKey: RUN, name }, 'x')).rejects.toMatchObject({
        type: 'NotPermitted',
      })
  })

  test('nor for a command of somebody who looks at the checkout', async () => {
    link(elsewhere(), '.d1-runbook')
    const stored = { ...target, storage: { kind: 'folder', path: path.join(folder, 'store') } } as Target
    const context = { project: { projectDir: target.projectDir, config: { variables: [] } }, target: stored }
    await expect(storeOf(context as unknown as Context)).rejects.toMatchObject({ type: 'NotPermitted' })
    expect(() => stateFolder(target.projectDir, 'temporal.db')).toThrow('is not below')
    expect(readdirSync(elsewhere())).toEqual(['file'])
  })
})

describe('what is not led out is written', () => {
  test.each<[string, () => void]>([
    ['without any link', () => undefined],
    [
      'our folder as a link within the project',
      () => {
        mkdirSync(path.join(target.projectDir, 'var'))
        link(path.join(target.projectDir, 'var'), '.d1-runbook')
      },
    ],
    [
      'the project itself is one',
      () => {
        renameSync(target.projectDir, path.join(folder, 'real'))
        symlinkSync(path.join(folder, 'real'), target.projectDir)
      },
    ],
    ['a link beside it that nothing is written through', () => link(elsewhere(), 'vendor')],
    [
      'archives where the charter has them, outside',
      () => {
        target = { ...target, backupDir: path.join(folder, 'mounted') }
      },
    ],
    [
      'a home that is a link, where the project is elsewhere',
      () => {
        mkdirSync(path.join(folder, 'disk'))
        symlinkSync(path.join(folder, 'disk'), path.join(folder, 'home'))
        target = productionTarget(path.join(folder, 'not-here'))
      },
    ],
  ])('%s', async (_what, make) => {
    make()
    await work()
    expect(readFileSync(path.join(here().folder, 'runs', RUN, 'report.md'), 'utf8')).toBe('report')
    expect(readdirSync(elsewhere())).toEqual(['file'])
  })
})

describe('the lease of a local database is of its file', () => {
  test('by whatever path, and from whatever project', async () => {
    const local = localTarget()
    seedLocal(local, 'CREATE TABLE t (v)')
    const byLink = path.join(folder, 'by-link')
    symlinkSync(local.persistTo ?? '', byLink)
    const sharing = [
      { ...local, persistTo: byLink },
      { ...local, environment: 'other', projectDir: folder },
    ]
    const first = await takeLease(local, local.projectDir)
    for (const other of sharing)
      await expect(takeLease(other, folder)).rejects.toMatchObject({ type: 'DatabaseLocked' })
    first.release()
    for (const other of sharing) (await takeLease(other, folder)).release()
  })

  test('and of one whose file is a link, or is not there yet', async () => {
    const local = localTarget()
    const file = seedLocal(local, 'CREATE TABLE t (v)')
    const other = localTarget()
    const linked = localDatabaseFile({ persistTo: other.persistTo ?? '', databaseId: other.database.id })
    const first = await takeLease(other, folder)
    first.release()
    symlinkSync(file, linked)
    const held = await takeLease(local, folder)
    await expect(takeLease(other, folder)).rejects.toMatchObject({ type: 'DatabaseLocked' })
    held.release()
  })

  test('and leaves another database of the folder alone', async () => {
    const local = localTarget()
    const held = await takeLease(local, folder)
    const other = { ...local, database: { ...local.database, id: 'other' } }
    ;(await takeLease(other, folder)).release()
    held.release()
  })
})
