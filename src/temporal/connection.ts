import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../contract/defined.js'
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'
import { RunbookError } from '../contract/failures.js'
import { dataConverterOf } from './codec/data-converter.js'
import { readCodecKeys, type CodecKeys } from './codec/keys.js'
import { demandLocalListener } from './local-port.js'
import { messageSize } from './message-size.js'
import { resolveServer, unreachable, type ServerAddress, type ServerChoice } from './server-address.js'
import { demandOwnServer } from './server-owner.js'
import { openTracing } from './tracing.js'

const CONNECT_TIMEOUT_MS = 5_000

/** A connection that died without a word (a computer slept, a cable was drawn) is noticed after both. Temporal refuses pings within 10 seconds. */
const CHANNEL = {
  'grpc.keepalive_time_ms': 15_000,
  'grpc.keepalive_timeout_ms': 5_000,
  // A page of a history holds what people sent as they sent it; the usual limit of 4 MB is two or three such signals.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
}
/** Some two seconds: whoever waits longer says so meanwhile, which the client's own ten tries would not. */
const TRIES = 5

export interface TemporalClient {
  client: Client
  /** The same for lists: what it has no key for is null there, where `client` throws `KeyMissing`. */
  listing: Client
  /** What `client` encrypts and reads with. */
  codecKeys: CodecKeys
  address: string
  namespace: string
  /** Web UI, where it is known. */
  uiUrl?: string
  /**
   * After a silence: goes over to the project's embedded server where that answers at another address by now, and throws
   * `TemporalUnreachable` where another project's server has taken this one's port. Else throws as {@link connectClient} does.
   */
  follow(): Promise<void>
  close(): Promise<void>
}

/**
 * A client of the server that is named, or belongs to the project; see {@link resolveServer} for which one that is.
 * Throws `TemporalUnreachable`, after 5 seconds or at once where nobody listens on this machine, `ConfigInvalid` for a broken
 * Temporal profile or key. `codecKeys`: else those of the environment.
 */
export async function connectClient(
  choice: ServerChoice & { codecKeys?: CodecKeys },
): Promise<TemporalClient> {
  const codecKeys = choice.codecKeys ?? readCodecKeys(process.env)
  let opened = await open(resolveServer(choice), choice, codecKeys)
  const close = (): Promise<void> => opened.close()
  const session: TemporalClient = {
    ...opened,
    codecKeys,
    close,
    async follow() {
      const server = resolveServer(choice)
      if (server.source !== 'embedded' || server.address === session.address) {
        const { address, namespace } = session
        await opened.client.connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
          demandOwnServer(opened.client.connection, { ...server, address, namespace }, choice.projectDir),
        )
        return
      }
      const before = opened
      opened = await open(server, choice, codecKeys)
      Object.assign(session, opened, { close })
      await before.close()
    },
  }
  return session
}

async function open(
  server: ServerAddress,
  choice: ServerChoice,
  codecKeys: CodecKeys,
): Promise<Omit<TemporalClient, 'codecKeys' | 'follow'>> {
  const tries = new Tries()
  const connection = await demandLocalListener(server.address)
    .then(() =>
      Connection.connect({
        ...server.connectionOptions,
        connectTimeout: CONNECT_TIMEOUT_MS,
        channelArgs: CHANNEL,
        interceptors: [makeGrpcRetryInterceptor(tries.options)],
      }),
    )
    .catch((cause: unknown) => {
      throw unreachable(server, cause)
    })
  try {
    await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
      demandOwnServer(connection, server, choice.projectDir),
    )
  } catch (error) {
    await connection.close()
    throw error instanceof RunbookError ? error : unreachable(server, error)
  }
  const { namespace } = server
  const tracing = await openTracing()
  return {
    client: new Client({
      ...{ connection, namespace, dataConverter: dataConverterOf(codecKeys) },
      interceptors: { workflow: [messageSize, ...('on' in tracing ? [tracing.on.client] : [])] },
    }),
    listing: new Client({
      connection,
      namespace,
      dataConverter: dataConverterOf(codecKeys, { locked: 'hide' }),
    }),
    address: server.address,
    namespace,
    ...defined({ uiUrl: server.uiUrl }),
    close: async () => {
      await tries.end()
      await connection.close()
      if ('on' in tracing) await tracing.on.flush()
    },
  }
}

/** When a call is sent again. One that was put off when the connection closes would fail where nobody catches it: it is waited for. */
class Tries {
  readonly options: ReturnType<typeof defaultGrpcRetryOptions>
  private over = false
  /** Of the latest call that is to be sent again; epoch milliseconds. */
  private nextAt = 0

  constructor() {
    const usual = defaultGrpcRetryOptions({ maxAttempts: TRIES })
    this.options = {
      retryableDecider: (attempt, status) => !this.over && usual.retryableDecider(attempt, status),
      delayFunction: (attempt, status) => {
        const delayMs = usual.delayFunction(attempt, status)
        this.nextAt = Math.max(this.nextAt, Date.now() + delayMs)
        return delayMs
      },
    }
  }

  async end(): Promise<void> {
    this.over = true
    const leftMs = this.nextAt - Date.now()
    if (leftMs >= 0) await sleep(leftMs + 50)
  }
}
