import type { Client } from '@temporalio/client'
import { ApplicationFailure, type DataConverter, type Payload } from '@temporalio/common'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FailureType, RunbookError } from '../../contract/failures.js'
import { EncryptionCodec, type EncryptionOptions } from './encryption.js'
import type { CodecKeys } from './keys.js'
import { ReadableCodec } from './readable.js'

/** What client and worker read and write payloads with. Without keys nothing is encrypted, and what is says which key it needs. */
export function dataConverterOf(keys: CodecKeys, options?: EncryptionOptions): DataConverter {
  return {
    payloadCodecs: [new EncryptionCodec(keys, options)],
    ...(keys.writes === undefined ? {} : { failureConverterPath: failureConverterPath() }),
  }
}

/** What a worker without the key writes into the history, by which a client knows it. It is tried again: by a worker with the key. */
export const WORKER_KEY_MISSING: FailureType = 'WorkerKeyMissing'

export function workerDataConverter(keys: CodecKeys): DataConverter {
  const refusal = ({ message, adviceWords: advice }: RunbookError): ApplicationFailure =>
    ApplicationFailure.create({ type: WORKER_KEY_MISSING, message, details: [{ advice }] })
  const { payloadCodecs = [], ...rest } = dataConverterOf(keys, { refusal, spoiled: 'hide' })
  return { ...rest, payloadCodecs: [new ReadableCodec(), ...payloadCodecs] }
}

/** Compiled, or the source where that runs. */
export function failureConverterPath(): string {
  const compiled = fileURLToPath(new URL('failure-converter.js', import.meta.url))
  return existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts')
}

/** A list of payloads, as the service's own answers have it. */
export type Payloads = { payloads?: Payload[] | null } | null | undefined

/** The first of them, for who reads a history event by event; null where there is none. Throws `KeyMissing`. */
export async function firstValue<T>(client: Client, payloads: Payloads): Promise<T | null> {
  const [payload] = payloads?.payloads ?? []
  return payload === undefined ? null : valueOf<T>(client, payload)
}

async function valueOf<T>(client: Client, payload: Payload): Promise<T | null> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter
  let open = [payload]
  for (const codec of payloadCodecs.toReversed()) open = await codec.decode(open)
  return open[0] === undefined ? null : payloadConverter.fromPayload<T>(open[0])
}

type Failure = { message?: string | null; encodedAttributes?: Payload | null } | null | undefined

/** What a failure of the history says, its message encrypted or not; undefined where it says nothing. Throws `KeyMissing`. */
export async function failureMessage(client: Client, failure: Failure): Promise<string | undefined> {
  const encoded = failure?.encodedAttributes
  const said = encoded ? await valueOf<unknown>(client, encoded) : failure
  const message = typeof said === 'object' && said !== null && 'message' in said ? said.message : undefined
  return typeof message === 'string' && message !== '' ? message : undefined
}
