import type { Command } from 'commander'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { namedHosts } from '../../process/asked-host.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { portOf } from './port.js'
import { tokenIn } from './token.js'

const TOKEN = 'D1_RUNBOOK_CODEC_TOKEN'
const TOKEN_FILE = 'D1_RUNBOOK_CODEC_TOKEN_FILE'
const PORT = 8299

interface CodecServerFlags {
  port: string
  host: string
  origin: string[]
  encode?: true
}

export function codecServerCommand(app: App, summary: string): Command {
  return app
    .command(
      'codec-server',
      summary,
      [
        'codec-server --origin http://127.0.0.1:8233',
        'codec-server --port 8299 --origin https://temporal.example.com',
      ],
      'none',
    )
    .requiredOption('--origin <url>', 'page that may ask: the Temporal UI; may be repeated', repeated)
    .option('--port <number>', 'port to listen on', String(PORT))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--encode', 'encrypt as well: the UI can then send signals')
    .addHelpText(
      'after',
      helpParagraph(
        `Keys come from D1_RUNBOOK_CODEC_KEYS or its file, the token from ${TOKEN} or ${TOKEN_FILE}; without one, a token is made and printed. In the Temporal UI: data encoder, endpoint http://HOST:PORT/TOKEN. It speaks HTTP: beyond this machine put TLS in front.`,
      ),
    )
    .action(
      app.action<CodecServerFlags>(async ({ options, output }) => {
        const { readCodecKeys } = await import('../../temporal/codec/keys.js')
        const { startCodecServer } = await import('../../temporal/codec/http.js')
        const given = tokenIn(process.env, TOKEN)
        const token = given ?? randomBytes(24).toString('hex')
        const server = await startCodecServer({
          codecKeys: readCodecKeys(process.env),
          port: portOf(options.port, '--port'),
          host: options.host,
          names: namedHosts(process.env),
          origins: options.origin,
          token,
          encode: options.encode === true,
        })
        const shown = given === undefined ? token : 'TOKEN'
        output.note(`Endpoint for the Temporal UI: ${server.url}/${shown}`)
        output.note(`Pages that may ask: ${options.origin.join(', ')}. Ctrl-C stops it.`)
        await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
        await server.close()
        output.document({ success: true })
        return 0
      }),
    )
}

function repeated(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}
