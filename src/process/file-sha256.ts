import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** SHA-256 of a file's bytes, in hex. */
export async function fileSha256(path: string, signal?: AbortSignal): Promise<string> {
  const digest = createHash('sha256')
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    digest,
    ...(signal === undefined ? [] : [{ signal }]),
  )
  return digest.digest('hex')
}
