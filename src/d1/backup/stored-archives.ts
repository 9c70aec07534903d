import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { scratchFolder } from '../../process/scratch-folder.js'
import { LONGEST_HOLD_MS, type Store, type StoredObject } from '../../store/store.js'
import { putContent } from '../../store/text-object.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import { archiveName, archiveTime } from './archive-names.js'
import type { Archives, StoredBackup } from './archives.js'
import { byAge } from './holds.js'

/**
 * Archives in the store of all workers, under the database and the run that made them. A run's note on an archive is an object of the
 * run: no two runs write the same one, so that no lock is needed.
 */
export function storedArchives(store: Store, environment: string): Archives {
  const note = async (run: string, archives: readonly string[]): Promise<void> => {
    for (const name of new Set(archives.map((file) => basename(file))))
      await putContent(store, { run, kind: 'hold', name }, '')
  }
  return {
    place: store.place,
    async atDesk(work) {
      const { folder, remove } = await scratchFolder('backup')
      try {
        return await work(folder)
      } catch (error) {
        throw diskFailure(error, folder)
      } finally {
        await remove()
      }
    },
    async publish(archive, held, signal) {
      const run = held?.by ?? `backup-${randomUUID().slice(0, 8)}`
      for (;;) {
        const name = archiveName(environment, new Date())
        const key = { run, kind: 'archive', name } as const
        if ((await store.stat(key)) === undefined) {
          // Before it is there: another backup may be pruning.
          if (held !== undefined) await note(run, [...held.files, name])
          return (await store.put(key, archive, signal)).location
        }
        await sleep(200)
      }
    },
    async replace(file, sealed, signal) {
      const key = store.keyOf(file)
      if (key === undefined) throw new Error(`${file} is no object of the store`)
      return (await store.put(key, sealed, signal)).sizeBytes
    },
    async *list() {
      const found = (await store.list()).flatMap((object) => archiveIn(object, environment) ?? [])
      yield* found.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.file.localeCompare(a.file))
    },
    open: (file, options) => store.open(file, options),
    hold: ({ by, files }) => note(by, files),
    async holders() {
      const notes = (await store.list())
        .filter(({ key, at }) => key.kind === 'hold' && Date.now() - at.getTime() < LONGEST_HOLD_MS)
        .map(({ key, at }) => ({ name: key.name, holder: { run: key.run, since: at.toISOString() } }))
      return (file) =>
        notes.flatMap(({ name, holder }) => (name === basename(file) ? [holder] : [])).sort(byAge)
    },
    async release(run) {
      const notes = (await store.list()).filter(({ key }) => key.kind === 'hold' && key.run === run)
      for (const { location } of notes) await store.remove(location)
    },
    async settle({ surplus }) {
      for (const location of surplus) await store.remove(location)
    },
    owns: (file) => store.keyOf(file)?.kind === 'archive',
  }
}

function archiveIn(
  { key, location, sizeBytes }: StoredObject,
  environment: string,
): StoredBackup | undefined {
  const at = key.kind === 'archive' ? archiveTime(environment, key.name) : undefined
  return at === undefined ? undefined : { file: location, createdAt: at.toISOString(), sizeBytes }
}
