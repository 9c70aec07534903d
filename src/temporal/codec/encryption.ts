import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common'
import proto from '@temporalio/proto'
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'
import { RunbookError } from '../../contract/failures.js'
import { isKeyId, KEYS_FILE_VARIABLE, KEYS_VARIABLE, type CodecKeys } from './keys.js'

/** Names of the metadata are those of Temporal's own samples: the UI and other tools know them. */
const ENCODING = 'encoding'
const ENCRYPTED = 'binary/encrypted'
const KEY_ID = 'encryption-key-id'

const CIPHER = 'aes-256-gcm'
/** 96 bits, by chance, for each payload anew (NIST SP 800-38D, 8.2.2: up to 2^32 of them under one key). */
const IV_BYTES = 12
const TAG_BYTES = 16

const { Payload: PayloadMessage } = proto.temporal.api.common.v1

export interface EncryptionOptions {
  /**
   * What becomes of a payload whose key is not here: `refuse` throws; `hide` gives null in its place, for lists in which one
   * unreadable run must not hide the others. Default: `refuse`.
   */
  locked?: 'refuse' | 'hide'
  /** Makes the error that is thrown of the `KeyMissing` that is meant. */
  refusal?: (error: RunbookError) => Error
  /** Null in place of what no key will ever open, where it may be a signal of anybody: see `ReadableCodec`. */
  spoiled?: 'refuse' | 'hide'
}

/**
 * Encrypts each payload as a whole (its metadata, too) with the writing key, and opens what any of the keys wrote. What was
 * never encrypted is read as it is: histories from before the keys go on. Runs in clients and beside the workflow sandbox, never in it.
 * Decoding throws `KeyMissing`, naming the key.
 */
export class EncryptionCodec implements PayloadCodec {
  private readonly keys: CodecKeys
  private readonly options: EncryptionOptions

  constructor(keys: CodecKeys, options: EncryptionOptions = {}) {
    this.keys = keys
    this.options = options
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { writes, keys } = this.keys
    const key = writes === undefined ? undefined : keys.get(writes)
    if (writes === undefined || key === undefined) return payloads
    return payloads.map((payload) => sealed(payload, writes, key))
  }

  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return payloads.map((payload) => this.opened(payload, context))
  }

  private opened(payload: Payload, context: SerializationContext | undefined): Payload {
    const id = keyIdOf(payload)
    if (id === undefined) return payload
    const key = this.keys.keys.get(id)
    if (key !== undefined) {
      const content = open(payload.data ?? new Uint8Array(), id, key)
      if (content !== undefined) return PayloadMessage.decode(content)
    }
    const spoiled = key !== undefined || !isKeyId(id)
    if (spoiled && this.options.spoiled === 'hide' && context?.type === 'workflow') return NULL
    if (this.options.locked === 'hide') return NULL
    const error = key === undefined ? keyMissing(id, this.keys) : doesNotOpen(id)
    throw this.options.refusal?.(error) ?? error
  }
}

/** The key that a payload was encrypted with; undefined where it is not encrypted. Its name is what somebody wrote. */
export function keyIdOf({ metadata }: Payload): string | undefined {
  if (textOf(metadata?.[ENCODING]) !== ENCRYPTED) return undefined
  return textOf(metadata?.[KEY_ID])
}

function sealed(payload: Payload, id: string, key: KeyObject): Payload {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(associated(id))
  const content = PayloadMessage.encode(payload).finish()
  return {
    metadata: { [ENCODING]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([iv, cipher.update(content), cipher.final(), cipher.getAuthTag()]),
  }
}

/** Undefined where the key does not fit, or a byte was changed. */
function open(data: Uint8Array, id: string, key: KeyObject): Uint8Array | undefined {
  if (data.length < IV_BYTES + TAG_BYTES) return undefined
  const end = data.length - TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(associated(id))
    .setAuthTag(data.subarray(end))
  try {
    return Buffer.concat([decipher.update(data.subarray(IV_BYTES, end)), decipher.final()])
  } catch {
    return undefined
  }
}

/** What is authenticated beside the content: what it is, and under which name its key went. */
function associated(id: string): Buffer {
  return Buffer.from(`d1-runbook payload ${id}`)
}

/** In place of what cannot be read. */
export const NULL: Payload = {
  metadata: { [ENCODING]: Buffer.from('json/plain') },
  data: Buffer.from('null'),
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')
}

/** The failure of a reader without the key. */
export function keyMissing(id: string, { keys }: CodecKeys): RunbookError {
  const name = isKeyId(id) ? `the key ${id}` : 'a key whose name is none of ours'
  const own = keys.size === 0 ? 'no key' : `only ${[...keys.keys()].join(', ')}`
  return new RunbookError(
    'KeyMissing',
    `What Temporal keeps here is encrypted with ${name}, which this process does not have: it has ${own}.`,
    {
      advice: `Give it that key: ${KEYS_VARIABLE}=${isKeyId(id) ? id : 'ID'}:BASE64 (several by comma, the first one writes), or a file of such lines named in ${KEYS_FILE_VARIABLE}.`,
    },
  )
}

function doesNotOpen(id: string): RunbookError {
  return new RunbookError(
    'KeyMissing',
    `What Temporal keeps here says that it is encrypted with the key ${id}, but the key of that name does not open it: it is another key, or the text was changed or cut.`,
    {
      advice: `Compare the key ${id} in ${KEYS_VARIABLE} (or the file of ${KEYS_FILE_VARIABLE}) with that of whoever wrote it.`,
    },
  )
}
