import { existsSync } from 'node:fs'
import { RunbookError } from '../contract/failures.js'
import { keepOutOfGit } from '../process/private-files.js'
import type { Service } from '../runbook/charter/service.js'
import { diskName } from '../store/disk-name.js'
import {
  defaultHome,
  folderOfArchives,
  type ActivityContext,
  type Disks,
  type WorkerHome,
} from './worker-place.js'

/**
 * The folders in which this worker keeps archives of remote databases, each with the name that it bears. None of a bucket, which every
 * worker reaches, nor of a local database, which is on one machine itself.
 */
export async function disksOf(
  service: Service,
  home: Partial<Omit<WorkerHome, 'disks'>> = {},
): Promise<Disks> {
  const place = defaultHome(home)
  const targets = [...service.values()].map(({ environment }) => environment.target)
  const folders = new Set(targets.flatMap((target) => folderOfArchives(place, target) ?? []))
  const disks = new Map<string, string>()
  for (const folder of folders) {
    // One that is there may hold what is the project's own.
    if (!existsSync(folder)) await keepOutOfGit(folder)
    disks.set(folder, await diskName(folder))
  }
  return disks
}

/**
 * The record of an archive that was made just now, with the disk that it is on. Throws `ConfigInvalid` where the folder is another one by
 * now: what needs the archive would be sent to where it is not.
 */
export async function onItsDisk<Made extends object>(
  made: Made,
  { place, target }: { place: WorkerHome; target: ActivityContext['target'] },
): Promise<Made & { disk?: string }> {
  const folder = folderOfArchives(place, target)
  const disk = folder === undefined ? undefined : place.disks.get(folder)
  if (folder === undefined || disk === undefined) return made
  const name = await diskName(folder, disk)
  if (name === disk) return { ...made, disk }
  throw new RunbookError(
    'ConfigInvalid',
    `${folder} is another folder than it was when this worker started.`,
    {
      advice: 'Start the worker again, once the folder is mounted as it is to stay.',
    },
  )
}

/** Whether the archive lies on another disk than this worker has: of backups it can say nothing then. */
export function elsewhere({ disks, target, ...home }: ActivityContext, { disk }: { disk?: string }): boolean {
  if (disk === undefined) return false
  const folder = folderOfArchives({ ...home, disks }, target)
  return folder === undefined || disks.get(folder) !== disk
}
