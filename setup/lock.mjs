import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetupFailure } from './failure.mjs'

const LOOK_AGAIN_MS = 200
const SAY_AFTER_MS = 3_000

/**
 * Runs `work` while no other process does the same under this lock file. A lock whose owner died is taken over.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{limitMs?: number, say?: (line: string) => void}} [options]
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { limitMs = 900_000, say = () => {} } = {}) {
  mkdirSync(dirname(file), { recursive: true })
  const started = Date.now()
  let told = false
  while (!take(file)) {
    const owner = readOwner(file)
    if (owner !== undefined && !isAlive(owner)) {
      clearStale(file, owner)
      continue
    }
    if (Date.now() - started > limitMs) {
      throw new SetupFailure(`another set-up (process ${owner ?? 'unknown'}) holds ${file} for too long`, {
        advice: `Wait for it, or remove that file when no set-up is running.`,
      })
    }
    if (!told && Date.now() - started > SAY_AFTER_MS) {
      told = true
      say(`waiting for another set-up (process ${owner ?? 'unknown'})`)
    }
    await sleep(LOOK_AGAIN_MS)
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readOwner(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Renaming is atomic: of several who find the same dead owner one moves the file away, the others find it gone. */
function clearStale(file, deadOwner) {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  // Somebody took the lock between our look and our rename: give it back.
  if (readOwner(aside) !== deadOwner) renameSync(aside, file)
  else rmSync(aside, { force: true })
}
