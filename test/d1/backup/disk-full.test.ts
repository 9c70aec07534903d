import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createBackup, archivesOf, newestBackup, restoreBackup } from '../../../src/d1/backup/backup.js'
import { replaceContent } from '../../../src/d1/backup/replace-content.js'
import { localTarget, seedLocal } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

const MIB = 1024 * 1024
const mounts: string[] = []

afterAll(() => {
  // Busy would mean that a failure left a file open.
  for (const folder of mounts) execFileSync('umount', [folder])
})

/** A disk of its own that small; undefined, with the reason printed, where this account may not mount one. */
function smallDisk(bytes: number): string | undefined {
  const folder = join(temporaryFolder(), 'small disk')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'pipe' })
    mounts.push(folder)
    return folder
  } catch (error) {
    console.log(`Full disks are not tested here, as mounting one failed: ${String(error).split('\n')[0]}`)
    return undefined
  }
}

const may = smallDisk(MIB) !== undefined

function diskOf(bytes: number): string {
  const folder = smallDisk(bytes)
  if (folder === undefined) throw new Error('The second small disk could not be mounted.')
  return folder
}

/** About 2 MiB that do not pack. */
const rows = Array.from({ length: 40 }, () => `('${randomBytes(25_000).toString('hex')}')`).join(', ')
const SEED = `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ${rows};`

describe.skipIf(!may)('a full disk', () => {
  // The export is 2 MiB, the restored copy as much, the archive 1 MiB: it runs out in each of them.
  it.each([
    ['while exporting', MIB],
    ['while restoring', 3 * MIB],
    ['while packing', 4.5 * MIB],
  ])('%s is named, and leaves no archive and no rest', async (_when, bytes) => {
    const disk = diskOf(bytes)
    const target = localTarget({ backupDir: join(disk, 'backups') })
    seedLocal(target, SEED)
    await expect(createBackup({ target, files: [], keep: 1 })).rejects.toMatchObject({
      type: 'DiskFull',
      retryable: true,
      advice: expect.stringContaining('Free some disk space'),
    })
    expect(readdirSync(target.backupDir).filter((name) => name !== '.gitignore')).toEqual([])
  })

  it('takes no archive away that was there before, and the next backup works once there is room', async () => {
    const disk = diskOf(8 * MIB)
    const target = localTarget({ backupDir: join(disk, 'backups') })
    seedLocal(target, SEED)
    const first = await createBackup({ target, files: [], keep: 1 })
    const { bavail, bsize } = statfsSync(disk)
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - MIB))
    await expect(createBackup({ target, files: [], keep: 1 })).rejects.toMatchObject({ type: 'DiskFull' })
    expect((await newestBackup(archivesOf(target, undefined)))?.file).toBe(first.file)
    rmSync(join(disk, 'ballast'))
    expect((await createBackup({ target, files: [], keep: 1 })).verified).toBe(true)
  })

  it.each([
    ['unpacking', MIB],
    ['loading', 3 * MIB],
  ])('while %s a restore is named, and leaves no database', async (_when, bytes) => {
    const target = localTarget()
    seedLocal(target, SEED)
    const { file } = await createBackup({ target, files: [], keep: 1 })
    const to = join(diskOf(bytes), 'restored')
    await expect(restoreBackup({ file, to })).rejects.toMatchObject({ type: 'DiskFull' })
    expect(readdirSync(to).filter((name) => name !== 'v3')).toEqual([])
  })

  it('on the way back leaves the live database as it was', async () => {
    const disk = diskOf(5.5 * MIB)
    const target = localTarget({ persistTo: join(disk, 'state') })
    seedLocal(target, SEED)
    const { file } = await createBackup({ target, files: [], keep: 1 })
    seedLocal(target, `CREATE TABLE later AS SELECT * FROM t;`)
    const before = await readSnapshot(target)
    const back = replaceContent({ target, file, stageRoot: temporaryFolder() })
    await expect(back).rejects.toMatchObject({ type: 'DiskFull' })
    expect(await readSnapshot(target)).toEqual(before)
  })
})
