import type { Command } from 'commander'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { portOf } from './port.js'

/** Where the console is, said in the same way to who serves it and to who invites somebody to it. */
export interface ConsoleFlags {
  port: string
  host: string
  origin?: string
  tlsCert?: string
  tlsKey?: string
}

/** Where browsers of this machine find the console. It stays the same, since passkeys are bound to it. */
const PORT = '7433'

export function consoleOptions(command: Command): Command {
  return command
    .option(
      '--origin <url>',
      'address of the console in browsers, which passkeys are bound to (default: http://localhost:PORT)',
    )
    .option('--port <number>', 'port to listen on', PORT)
    .option('--host <address>', 'address to listen on; beyond this machine with TLS only', '127.0.0.1')
    .option('--tls-cert <file>', 'certificate (PEM), to serve HTTPS')
    .option('--tls-key <file>', 'its key (PEM)')
}

/** Throws `ConfigInvalid`. */
export function placeOfConsole({ port, host, origin, tlsCert, tlsKey }: ConsoleFlags): {
  port: number
  host: string
  origin?: string
  tls?: { cert: string; key: string }
} {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new RunbookError('ConfigInvalid', '--tls-cert and --tls-key belong together.', {
      advice: 'Give both, or none.',
    })
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey }
  return { port: portOf(port, '--port'), host, ...defined({ origin, tls }) }
}
