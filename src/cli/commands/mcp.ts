import type { Command } from 'commander'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import type { Output } from '../terminal/output.js'
import { actorOf } from './decide.js'
import { portOf } from './port.js'
import { tokenIn } from './token.js'
import type { ServerOptions } from '../mcp/server.js'

const TOKEN = 'D1_RUNBOOK_MCP_TOKEN'
const PORT = 8298

interface McpFlags {
  http?: true
  port: string
  for?: string
}

/** The Model Context Protocol, for agents that prepare migrations: each of its tools reads, drafts or proposes. */
export function mcpCommand(app: App, summary: string): Command {
  return app
    .command('mcp', summary, [
      'mcp --project src/workers        # over standard input and output: what a client starts by itself',
      'mcp --env production --for "Ada Lovelace"',
      'mcp --http --port 8298',
    ])
    .option(
      '--for <name>',
      "for whom runs are proposed (default: git's user name, else the account of this machine)",
    )
    .option('--http', 'listen on 127.0.0.1 instead')
    .option('--port <number>', 'port to listen on, with --http', String(PORT))
    .addHelpText(
      'after',
      helpParagraph(
        `No tool decides, applies, restores, aborts or rolls back; a proposed run waits for people at each gate. With --http a token is asked for, from ${TOKEN} or the file of ${TOKEN}_FILE; without one, a token is made and printed.`,
      ),
    )
    .action(
      app.action<McpFlags>(async ({ options, output, given }) => {
        if (given('port') && options.http !== true)
          throw new RunbookError(
            'ConfigInvalid',
            '--port is of --http: over standard input nothing listens.',
            {
              advice: 'Give --http too, or leave --port out.',
            },
          )
        const { project, env, database } = options
        const person = await actorOf(
          { project, ...defined({ actor: options.for }) },
          { option: '--for', needs: 'What is proposed needs the name of the person for whom it is.' },
        )
        const { oneAtATime } = await import('../mcp/server.js')
        const place = { projectDir: project, environment: env, person, ...defined({ database }) }
        const release = await keepCodeOf(project)
        try {
          if (given('env')) await demandEnvironment(project, env)
          const tools = { place, onProgress: output.note, inTurn: oneAtATime() }
          return options.http === true
            ? await overHttp(tools, portOf(options.port, '--port'), output)
            : await overStandardStreams(tools, output)
        } finally {
          release()
        }
      }),
    )
}

/** An agent that can write files must not get what it wrote run by asking a tool that reads. Returns what ends that. */
async function keepCodeOf(project: string): Promise<() => void> {
  const folder = path.resolve(project)
  const { keepRunbookFile } = await import('../../config/runbook-file.js')
  const { keepWranglers } = await import('../../d1/wrangler/wrangler.js')
  const releases = await Promise.all([keepRunbookFile(folder), keepWranglers([folder])])
  return () => {
    for (const release of releases) release()
  }
}

/** Throws `EnvironmentUnknown`, and what `loadProject` throws. */
async function demandEnvironment(projectDir: string, name: string): Promise<void> {
  const { loadProject } = await import('../../config/project.js')
  const { findEnvironment } = await import('../../config/target.js')
  findEnvironment(await loadProject({ projectDir }), name)
}

async function overHttp(tools: ServerOptions, port: number, output: Output): Promise<number> {
  const { serveOverHttp } = await import('../mcp/http.js')
  const given = tokenIn(process.env, TOKEN)
  const token = given ?? randomBytes(24).toString('hex')
  const onError = ({ message }: Error): void => output.note(`! ${message}`)
  const server = await serveOverHttp(tools, { port, token, onError })
  output.note(`Tools for agents: ${server.url}, for ${tools.place.person}. Ctrl-C stops it.`)
  output.note(`Header: Authorization: Bearer ${given === undefined ? token : 'TOKEN'}`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await server.close()
  output.document({ success: true })
  return 0
}

/** Standard output is the protocol's: nothing else is written there. Ends with the client. */
async function overStandardStreams(tools: ServerOptions, output: Output): Promise<number> {
  const { serveStdio } = await import('@modelcontextprotocol/server/stdio')
  const { createToolServer } = await import('../mcp/server.js')
  const onerror = ({ message }: Error): void => output.note(`! ${message}`)
  const ended = Promise.race([
    once(process.stdin, 'end'),
    once(process.stdin, 'close'),
    once(process, 'SIGINT'),
    once(process, 'SIGTERM'),
  ])
  const server = serveStdio(() => createToolServer(tools), { onerror })
  await ended
  await server.close()
  return 0
}
