import { defined } from '../../contract/defined.js'
import { createSecretKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { noteSecret } from '../../contract/given-secrets.js'
import { messageOf, RunbookError } from '../../contract/failures.js'

export const KEYS_VARIABLE = 'D1_RUNBOOK_CODEC_KEYS'
export const KEYS_FILE_VARIABLE = 'D1_RUNBOOK_CODEC_KEYS_FILE'

/** AES-256. */
const KEY_BYTES = 32
/** It stands readable beside each payload, in lists and in the identity of a worker. */
const KEY_ID = /^[\w.-]{1,64}$/
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

export interface CodecKeys {
  /** Its key encrypts what is written; undefined: nothing is encrypted. */
  writes: string | undefined
  /** All that can be read with, the writing one included. */
  keys: ReadonlyMap<string, KeyObject>
}

export const NO_KEYS: CodecKeys = { writes: undefined, keys: new Map() }

export function isKeyId(text: string): boolean {
  return KEY_ID.test(text)
}

/**
 * The keys of the environment: `id:base64` of 32 bytes each, by comma or line; the first one writes, all read. None without a
 * variable. Throws `ConfigInvalid`, which names the entry and never shows a key.
 */
export function readCodecKeys(env: NodeJS.ProcessEnv): CodecKeys {
  const inline = env[KEYS_VARIABLE] ?? ''
  const file = env[KEYS_FILE_VARIABLE] ?? ''
  if (inline !== '' && file !== '')
    throw invalid(`${KEYS_VARIABLE} and ${KEYS_FILE_VARIABLE} are both set, and only one can hold.`)
  if (file !== '') return parseCodecKeys(readKeysFile(file), `The file of ${KEYS_FILE_VARIABLE}`)
  return inline === '' ? NO_KEYS : parseCodecKeys(inline, KEYS_VARIABLE)
}

/** `where` begins the sentence that says what is wrong. Throws `ConfigInvalid`. */
export function parseCodecKeys(text: string, where: string): CodecKeys {
  const entries = text
    .split(/[,\r\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !entry.startsWith('#'))
  if (entries.length === 0) throw invalid(`${where} holds no key.`)
  const keys = new Map<string, KeyObject>()
  for (const [index, entry] of entries.entries()) {
    const colon = entry.indexOf(':')
    const id = entry.slice(0, Math.max(colon, 0)).trim()
    if (!isKeyId(id))
      throw invalid(
        `${where}: entry ${index + 1} is not id:base64, with an id of up to 64 letters, digits, dots, hyphens and underscores.`,
      )
    if (keys.has(id)) throw invalid(`${where} has two keys of the id ${id}.`)
    const key = entry.slice(colon + 1).trim()
    noteSecret(key)
    keys.set(id, keyOf(key, `${where}: the key ${id}`))
  }
  const [writes] = keys.keys()
  return { writes, keys }
}

function keyOf(base64: string, which: string): KeyObject {
  if (!BASE64.test(base64)) throw invalid(`${which} is not base64.`)
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== KEY_BYTES)
    throw invalid(`${which} has ${bytes.length} bytes; AES-256 needs ${KEY_BYTES}.`)
  return createSecretKey(bytes)
}

function readKeysFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(`The file of ${KEYS_FILE_VARIABLE} cannot be read: ${messageOf(cause)}`, cause)
  }
}

function invalid(message: string, cause?: unknown): RunbookError {
  return new RunbookError('ConfigInvalid', message, {
    advice: `Make a key with: openssl rand -base64 32. Then set ${KEYS_VARIABLE}=ID:KEY, or name a file of such lines in ${KEYS_FILE_VARIABLE}.`,
    ...defined({ cause }),
  })
}
