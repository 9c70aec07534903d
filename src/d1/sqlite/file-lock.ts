import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import { sqliteFailure } from './disk-failure.js'
import { openSqlite } from './sqlite.js'

/** The one way in which processes of this machine exclude each other. */
export interface FileLock {
  release: () => void
}

/**
 * Takes a lock that is held until `release`, or undefined where somebody else holds it. It is SQLite's own file lock: the
 * system frees it when its holder dies, however it dies, so there is no stale one to guess about. The file stays.
 * Throws `DiskFull` and what else SQLite says of the file.
 */
export function takeFileLock(file: string): FileLock | undefined {
  mkdirSync(dirname(file), { recursive: true })
  const lock = openSqlite(file)
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    const failure = sqliteFailure(file, error)
    if (failure instanceof RunbookError && failure.type === 'DatabaseLocked') return undefined
    throw failure
  }
  return {
    release: () => {
      if (lock.isOpen) lock.close()
    },
  }
}
