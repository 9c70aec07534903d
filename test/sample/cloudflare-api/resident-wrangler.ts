import { execaNode } from 'execa'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('wrangler-loop.mjs', import.meta.url))

/** What a Wrangler command said. */
export interface WranglerSaid {
  failed: boolean
  stdout: string
  /** Both streams, in the order of writing. */
  all: string
}

/** A Wrangler that is there for one command after the other: each start of it costs most of a second. */
export interface ResidentWrangler {
  run(cwd: string, args: string[]): Promise<WranglerSaid>
  close(): Promise<void>
}

/** `wrangler`: the script of a version. `env`: what its commands find beside this process's variables. */
export function startWrangler(wrangler: string, env: Record<string, string>): ResidentWrangler {
  const cli = path.join(path.dirname(wrangler), '..', 'wrangler-dist', 'cli.js')
  const child = execaNode(SCRIPT, [cli], {
    ipc: true,
    reject: false,
    stdin: 'ignore',
    nodeOptions: ['--no-warnings'],
    env: { CI: 'true', WRANGLER_SEND_METRICS: 'false', ...env },
    buffer: { ipc: false },
  })
  return {
    run: async (cwd, args) => {
      const answer = child.getOneMessage()
      await child.sendMessage({ cwd, args })
      return (await answer) as unknown as WranglerSaid
    },
    close: async () => {
      child.kill('SIGKILL')
      await child
    },
  }
}
