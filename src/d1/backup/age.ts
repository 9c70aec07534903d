import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { messageOf, RunbookError } from '../../contract/failures.js'

/** Opens what is sealed: the identities of a person, or the key of what this process has just sealed itself. */
export interface Opener {
  /** For people: where it is from. */
  from: string
  /** A source in, what it holds out. */
  decrypt: (sealed: ReadableStream<Uint8Array>) => Promise<ReadableStream<Uint8Array>>
}

/**
 * Encrypts a stream to public keys of age. `opener` opens this one stream again, once it has been read to its end: it has its key, which
 * is kept nowhere else.
 */
export async function sealedTo(
  recipients: readonly string[],
  plain: Readable,
): Promise<{ sealed: Readable; opener: Opener }> {
  const { Decrypter, Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  let key: Uint8Array | undefined
  encrypter.addRecipient({
    wrapFileKey(fileKey) {
      key = Uint8Array.from(fileKey)
      return []
    },
  })
  const sealed = fromWeb(await encrypter.encrypt(toWeb(plain)))
  const decrypter = new Decrypter()
  decrypter.addIdentity({ unwrapFileKey: () => key ?? null })
  return {
    sealed,
    opener: { from: 'what sealed it', decrypt: (stream) => decrypter.decrypt(stream) },
  }
}

/** Before an hour of work is done for them. Throws `ConfigInvalid` for a key that nothing can be encrypted to. */
export async function demandRecipients(recipients: readonly string[]): Promise<void> {
  const { Encrypter } = await import('age-encryption')
  for (const recipient of recipients) {
    try {
      const encrypter = new Encrypter()
      encrypter.addRecipient(recipient)
      await encrypter.encrypt('')
    } catch (error) {
      throw new RunbookError(
        'ConfigInvalid',
        `Nothing can be encrypted to ${recipient}: ${messageOf(error)}.`,
        { advice: 'Put another public key into `backup.recipients`.', cause: error },
      )
    }
  }
}

/** A stage of a pipeline that opens what is sealed. */
export interface Opening {
  stage: (source: AsyncIterable<Buffer>) => AsyncGenerator<Uint8Array>
  /** Why it was not begun: `ArchiveSealed` where the opener does not fit. A pipeline may tell of its broken off stream instead. */
  refusal: () => Error | undefined
}

export function opening(opener: Opener): Opening {
  let refusal: Error | undefined
  const refuse = (error: Error): Error => (refusal ??= error)
  return {
    refusal: () => refusal,
    async *stage(source) {
      const plain = await opener
        .decrypt(toWeb(Readable.from(headed(source, refuse))))
        .catch((error: unknown) => {
          throw messageOf(error).startsWith('no identity matched')
            ? refuse(doesNotOpen(opener, error))
            : error
        })
      yield* plain
    },
  }
}

function doesNotOpen({ from }: Opener, cause: unknown): RunbookError {
  return new RunbookError('ArchiveSealed', `No identity in ${from} opens the archive.`, {
    advice: 'Give the secret key of one of the public keys that stand under `sealed` in its metadata.json.',
    cause,
  })
}

/** Headers of twenty recipients are 40 KB. */
const LONGEST_HEADER = 1024 * 1024
const END_OF_HEADER = Buffer.from('\n---')

/** What is read before anything is decrypted is kept in memory: it must end. */
async function* headed(
  source: AsyncIterable<Buffer>,
  refuse: (error: Error) => Error,
): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of source) {
    if (head !== undefined) {
      head = Buffer.concat([head, chunk])
      if (head.includes(END_OF_HEADER)) head = undefined
      else if (head.length > LONGEST_HEADER) throw refuse(new Error('it has no header of age'))
    }
    yield chunk
  }
}

/** A file of identities is a few lines. */
const LONGEST_IDENTITIES = 1024 * 1024

/**
 * The identities of a file as `age-keygen` writes it: lines that begin `AGE-SECRET-KEY-`, and comments. They leave this process never, and
 * no message repeats them. Throws `ConfigInvalid`.
 */
export async function readIdentities(file: string): Promise<Opener> {
  const text = await readBounded(file)
  if (/^(?:age-encryption\.org\/|-----BEGIN AGE)/.test(text))
    throw unfit(
      file,
      'is encrypted itself',
      'Decrypt it for this command alone: `--identity <(age -d FILE)`.',
    )
  const { Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const wanted = 'It must hold secret keys as `age-keygen` writes them, one a line: AGE-SECRET-KEY-…'
  if (lines.length === 0) throw unfit(file, 'holds no identity', wanted)
  for (const line of lines) {
    try {
      decrypter.addIdentity(line)
    } catch {
      // What the library says may hold the line.
      throw unfit(file, 'holds what is no identity of age', wanted)
    }
  }
  return { from: file, decrypt: (stream) => decrypter.decrypt(stream) }
}

/** A pipe too, such as a shell makes. */
async function readBounded(file: string): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of createReadStream(file)) {
      chunks.push(chunk as Buffer)
      length += (chunk as Buffer).length
      if (length > LONGEST_IDENTITIES) break
    }
  } catch (error) {
    throw unfit(file, `cannot be read: ${messageOf(error)}`, 'Name the file that `age-keygen -o` wrote.')
  }
  if (length > LONGEST_IDENTITIES) throw unfit(file, 'is too large for a file of identities', 'Name another.')
  return Buffer.concat(chunks).toString('utf8')
}

function unfit(file: string, why: string, advice: string): RunbookError {
  return new RunbookError('ConfigInvalid', `${file} ${why}.`, { advice })
}

function toWeb(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>
}

function fromWeb(stream: ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(stream)
}
