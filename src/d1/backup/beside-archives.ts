import { existsSync, lstatSync } from 'node:fs'
import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { fileSha256 } from '../../process/file-sha256.js'
import { keepOutOfGit } from '../../process/private-files.js'
import { scratchFolder } from '../../process/scratch-folder.js'
import { changed, missing, unfit } from '../../store/problems.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import { archiveName } from './archive-names.js'
import { publish, publishNew } from './archive.js'
import type { Archives } from './archives.js'
import { hold, holdersOf, letGo, release } from './holds.js'
import { listArchives } from './retention.js'
import { ArchiveProblem, unpackArchive } from './unpack.js'

/**
 * Files in the folder of the configuration, `backups` beside the project where it says nothing. Two projects may share it and call their
 * environments alike: which database an archive is of, it says itself.
 */
export function besideArchives(target: Target): Archives {
  const { backupDir: dir, environment } = target
  return {
    place: dir,
    async atDesk(work) {
      // Elsewhere it may hold what is the project's own.
      if (!existsSync(dir)) await keepOutOfGit(dir)
      await mkdir(dir, { recursive: true, mode: 0o700 })
      // Beside the archives: the rename stays on one disk, and a full one shows at once.
      const { folder, remove } = await scratchFolder('backup', { within: dir, hidden: true })
      try {
        return await work(folder)
      } catch (error) {
        throw diskFailure(error, dir)
      } finally {
        await remove()
      }
    },
    async publish(archive, held) {
      // Names have seconds: a second backup within the same one waits for the next.
      for (;;) {
        const final = path.join(dir, archiveName(environment, new Date()))
        if (!existsSync(final)) {
          // Before it has its name: another backup may be pruning.
          if (held !== undefined) await hold(dir, { ...held, files: [...held.files, final] })
          if (await publishNew(archive, final)) return final
          if (held !== undefined) await letGo(dir, { by: held.by, file: final })
        }
        await sleep(200)
      }
    },
    async replace(file, sealed) {
      const { size: sizeBytes } = await stat(sealed)
      await publish(sealed, file)
      return sizeBytes
    },
    async *list() {
      for (const stored of await listArchives({ dir, environment })) {
        const databaseId = await databaseOf(stored.file)
        if (databaseId === undefined || databaseId === target.database.id) yield stored
      }
    },
    async open(file, { sha256, signal } = {}) {
      if (sha256 !== undefined) await demandBytes(file, sha256, signal)
      return file
    },
    hold: (held) => hold(dir, held),
    holders: () => Promise.resolve(holdersOf),
    release: (run) => release(dir, run),
    async settle({ surplus, kept }) {
      for (const file of surplus) await rm(file, { force: true })
      // Of a version that left them readable to everybody. What belongs to another user stays as it is, and what a link leads to.
      const ours = kept.filter((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile() === true)
      await Promise.allSettled(ours.map((file) => chmod(file, 0o600)))
    },
    owns: (file) => path.isAbsolute(file) && path.resolve(path.dirname(file)) === path.resolve(dir),
  }
}

/** Fails as a store does. */
async function demandBytes(file: string, sha256: string, signal: AbortSignal | undefined): Promise<void> {
  const key = { kind: 'archive' } as const
  let found: string
  try {
    found = await fileSha256(file, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!existsSync(file)) throw missing(key, file, error)
    throw unfit(key, `${file} cannot be read: ${messageOf(error)}.`, { location: file, cause: error })
  }
  if (found !== sha256) throw changed(key, file)
}

/** Undefined where the archive cannot be read. */
async function databaseOf(file: string): Promise<string | undefined> {
  try {
    return (await unpackArchive(file)).metadata.database.id
  } catch (error) {
    if (error instanceof ArchiveProblem) return undefined
    throw error
  }
}
