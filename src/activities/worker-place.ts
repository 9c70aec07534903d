import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { Target } from '../contract/target.js'

/** Where one worker keeps what it writes, and what it was given to reach the world. */
export interface WorkerPlace {
  /** Work folder for projects that are not on this machine. Absolute. */
  home: string
  /** Environment with credentials and the secrets that channels and probes name. */
  env: NodeJS.ProcessEnv
  /** Prints a message of the channel `terminal`. */
  print: (text: string) => void
}

export function defaultPlace(overrides: Partial<WorkerPlace> = {}): WorkerPlace {
  return {
    home: overrides.home ?? process.env['D1_RUNBOOK_HOME'] ?? path.join(homedir(), '.d1-runbook'),
    env: overrides.env ?? process.env,
    print: overrides.print ?? ((text) => process.stderr.write(`${text}\n\n`)),
  }
}

/** Folder for staged files, leases and runs: the project's own where this machine has the project. */
export function workFolder(place: WorkerPlace, target: Target): string {
  return existsSync(target.projectDir) ? path.join(target.projectDir, '.d1-runbook') : place.home
}

export function runFolder(place: WorkerPlace, target: Target, runKey: string): string {
  return path.join(workFolder(place, target), 'runs', runKey)
}

/** Content-addressed store for bundles that are too large to travel in the workflow's input. */
export function artifactStore(place: WorkerPlace, target: Target): string {
  return path.join(workFolder(place, target), 'artifacts')
}

/**
 * The target as this machine can reach it: a remote database needs no checkout, so its archives go to the worker's home
 * where the project's folder is elsewhere.
 */
export function targetHere(place: WorkerPlace, target: Target): Target {
  if (!target.database.remote || existsSync(target.projectDir)) return target
  return {
    ...target,
    projectDir: place.home,
    backupDir: path.join(place.home, 'backups', target.environment),
  }
}
