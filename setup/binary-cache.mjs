import { createHash } from 'node:crypto'
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { cacheFolder } from './places.mjs'

/** File name of a program on this operating system. */
export const executable = (program) => (process.platform === 'win32' ? `${program}.exe` : program)

/** One folder a release and platform: releases never mix, and a shared home folder may serve two processors. */
export function folderOf({ program, version }) {
  return join(cacheFolder(), `${program}-${version}-${process.platform}-${process.arch}`)
}

/**
 * Path of a cached program whose bytes are those that were fetched, else undefined. The SHA-256 is computed anew
 * whenever the file was touched since it was last found good (150 MB take a quarter of a second).
 */
export async function findCached(release, say = () => {}) {
  const { path, recordFile } = placesOf(release)
  if (!existsSync(path) || !existsSync(recordFile)) return undefined
  const record = readRecord(recordFile)
  if (record === undefined) return undefined
  if (record.seen === fingerprintOf(path)) return path
  if ((await sha256Of(path)) === record.sha256) {
    writeRecord(recordFile, { ...record, seen: fingerprintOf(path) })
    return path
  }
  say(`${release.program} in the cache is not what was fetched (SHA-256 differs); fetching it again`)
  return undefined
}

/** Takes a fetched file into the cache: checked to run by the caller, complete under its final name. */
export async function adopt(release, file, source) {
  const { path, recordFile } = placesOf(release)
  mkdirSync(folderOf(release), { recursive: true })
  chmodSync(file, 0o755)
  const sha256 = await sha256Of(file)
  // The record goes first: a new program beside an old record would count as damaged, never the other way round.
  writeRecord(recordFile, { sha256, source, version: release.version, seen: '' })
  renameSync(file, path)
  writeRecord(recordFile, { sha256, source, version: release.version, seen: fingerprintOf(path) })
  return path
}

/** A new empty folder on the cache's own disk, so that the last step can be a rename. */
export function workFolder(release) {
  const folder = `${folderOf(release)}.${process.pid}.fetching`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

export async function sha256Of(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

function placesOf(release) {
  const folder = folderOf(release)
  return { path: join(folder, executable(release.program)), recordFile: join(folder, 'record.json') }
}

/** Size and both times: whoever changes a byte changes at least the last one. */
function fingerprintOf(path) {
  const { size, mtimeMs, ctimeMs } = statSync(path)
  return `${size} ${mtimeMs} ${ctimeMs}`
}

function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function writeRecord(file, record) {
  const half = `${file}.${process.pid}.tmp`
  writeFileSync(half, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(half, file)
}
