import getPort from 'get-port'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { RunbookConfigInput } from '../../src/config/schema.js'
import { TestBrowser } from '../console/test-browser.js'
import { newPasskey, type TestPasskey } from '../runbook/people/passkeys.js'
import { documentOf, launch, launchService, untilSays, type Command } from './processes.js'
import type { LocalProject } from './project.js'

const LINK = /\/enroll\/[\w-]{43}/

/** A project whose decisions count only when Ada signs them with the passkey that she made by the link of `enroll`. */
export interface EnrolledProject {
  project: LocalProject
  passkey: TestPasskey
  port: number
  origin: string
}

/** As people do it: the link, the passkey, and the line that `enroll` prints, put into the configuration. */
export async function enrolled(project: LocalProject): Promise<EnrolledProject> {
  const port = await getPort()
  const origin = `http://localhost:${port}`
  const passkey = newPasskey({ origin })
  const enroll = launch(['enroll', 'Ada', '--project', project.folder, '--port', String(port), '--json'], {})
  const [link = ''] = LINK.exec(await untilSays(enroll, LINK)) ?? []
  await new TestBrowser((to, init) => fetch(new URL(to, origin), init), origin).enroll(link, passkey)
  const { publicKey } = await documentOf<{ publicKey: string }>(enroll, 0)
  const file = path.join(project.folder, 'runbook.config.json')
  const config = JSON.parse(readFileSync(file, 'utf8')) as RunbookConfigInput
  const { local = {} } = config.environments ?? {}
  const policy = { requireSignatures: true, gates: { final: { requirePresence: true } } }
  writeFileSync(
    file,
    JSON.stringify({
      ...config,
      people: [{ name: 'Ada', roles: ['dba'], publicKeys: [publicKey] }],
      environments: { ...config.environments, local: { ...local, policy } },
    }),
  )
  return { project, passkey, port, origin }
}

export async function openConsole(
  { project, origin, port }: EnrolledProject,
  address: string,
): Promise<{ browser: TestBrowser; server: Command }> {
  const server = launchService(['serve', '--project', project.folder, '--port', String(port), '--json'], {
    TEMPORAL_ADDRESS: address,
  })
  await untilSays(server, /Console +http/)
  return { browser: new TestBrowser((to, init) => fetch(new URL(to, origin), init), origin), server }
}

export function decidePath(run: { workflowId: string; runId: string }, gate: string): string {
  return `/decide?${new URLSearchParams({ workflow: run.workflowId, run: run.runId, gate }).toString()}`
}
