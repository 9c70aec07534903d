import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { defined } from '../contract/defined.js'
import type { Target } from '../contract/target.js'
import { openStore } from '../store/open-store.js'
import type { Store } from '../store/store.js'
import { demandNoWayOut, isBelow, pathBelow } from '../process/below.js'
import { stateFolder } from '../process/state-folder.js'
import { archivesOf } from '../d1/backup/archives-of.js'
import type { Archives } from '../d1/backup/archives.js'
import { artifactFolder, storedArtifacts, type Artifacts } from '../d1/migrations/artifacts.js'

/** Where one worker keeps what it writes, and what it was given to reach the world. */
export interface WorkerHome {
  /** Work folder for projects that are not on this machine. Absolute. */
  home: string
  /** Environment with credentials and the secrets that channels and probes name. */
  env: NodeJS.ProcessEnv
  /** Variables that channels and probes may name, besides those of `RUNBOOK_`. */
  variables: readonly string[]
  /** Prints a message of the channel `terminal`. */
  print: (text: string) => void
  /** Names of the folders of archives whose own queues this worker polls. Empty: it says of no archive that it is here alone. */
  disks: Disks
}

/** Absolute folders of archives, each with its name. */
export type Disks = ReadonlyMap<string, string>

export function defaultHome(overrides: Partial<WorkerHome> = {}): WorkerHome {
  return {
    home: overrides.home ?? process.env['D1_RUNBOOK_HOME'] ?? path.join(homedir(), '.d1-runbook'),
    env: overrides.env ?? process.env,
    variables: overrides.variables ?? [],
    print: overrides.print ?? ((text) => process.stderr.write(`${text}\n\n`)),
    disks: overrides.disks ?? new Map(),
  }
}

/** A worker's place for one target: the target as this machine reaches it, and where its files go. */
export interface ActivityContext extends WorkerHome {
  target: Target
  /** Staged files, leases, runs, artifacts: in the project where this machine has it, else in the worker's home. */
  folder: string
  /** Where all workers of the database keep what they must share; absent: in `folder` and in the target's folder for archives. */
  store?: Store
}

/**
 * A remote database needs no checkout: its archives go to the worker's home where the project's folder is elsewhere. Throws `NotPermitted`
 * where a link of the checkout leads out of it: for each activity anew, since checkouts change under a worker.
 */
export function contextFor(place: WorkerHome, target: Target): ActivityContext {
  const here = placeOf(place, target)
  const store = openStore(target, { ...place, scratch: here.folder })
  return { ...here, ...defined({ store }) }
}

/** Where archives of a remote database lie that not every worker may reach; undefined for a bucket, and for a local database. */
export function folderOfArchives(place: WorkerHome, target: Target): string | undefined {
  const { database, storage } = target
  if (!database.remote || storage?.kind === 's3') return undefined
  return storage === undefined ? placeOf(place, target).target.backupDir : storage.path
}

function placeOf(place: WorkerHome, target: Target): ActivityContext {
  const { projectDir } = target
  if (existsSync(projectDir)) {
    // One that the charter has elsewhere is its word, and no link's.
    if (isBelow(projectDir, target.backupDir)) demandNoWayOut(projectDir, target.backupDir)
    return { ...place, target, folder: stateFolder(projectDir) }
  }
  if (!target.database.remote) return { ...place, target, folder: place.home }
  const backupDir = path.join(place.home, 'backups', target.environment)
  return { ...place, target: { ...target, projectDir: place.home, backupDir }, folder: place.home }
}

export function archivesAt({ target, store }: ActivityContext): Archives {
  return archivesOf(target, store)
}

/** Throws `NotPermitted` for a key that leads elsewhere: it arrives with a message. */
export function runFolder({ folder }: ActivityContext, runKey: string): string {
  return pathBelow(pathBelow(folder, 'runs'), runKey)
}

/** Content-addressed: bundles that are too large to travel in the workflow's input. */
export function artifactStore({ folder, store }: ActivityContext): Artifacts {
  return store === undefined ? artifactFolder(pathBelow(folder, 'artifacts')) : storedArtifacts(store)
}
