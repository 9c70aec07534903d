import { request } from 'node:http'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, it, test } from 'vitest'
import { endServices, launchService, resultOf, untilSays, type Command } from '../../e2e/processes.js'
import { runCli } from '../run-cli.js'
import { temporaryFolder } from '../../temporary-folder.js'

const TOKEN = 'a-token-of-this-test'
/** Where no Temporal answers: the server for agents needs none. */
const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' }

afterAll(endServices)

function serve(env: Record<string, string>): Command {
  const args = ['--project', temporaryFolder(), '--for', 'Ada Lovelace', '--port', '0', '--json']
  return launchService(['mcp', '--http', ...args], { ...NOWHERE, ...env })
}

/** Address and token, as the process says them. */
async function saidBy(server: Command): Promise<{ url: string; token: string }> {
  const said = await untilSays(server, /Header: .+\n/)
  expect(said).toContain('for Ada Lovelace. Ctrl-C stops it.')
  const [, url = ''] = /Tools for agents: (http:\/\/127\.0\.0\.1:\d+\/mcp),/.exec(said) ?? []
  const [, token = ''] = /Header: Authorization: Bearer (\S+)/.exec(said) ?? []
  return { url, token }
}

/** By Node's own client, which sends the name of a host that it is given; its connection stays open. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
  const types = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers: { ...types, ...headers } })
    asked.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const file = path.join(temporaryFolder(), 'token')
writeFileSync(file, `${TOKEN}\n`)

test.each([
  ['the variable', { D1_RUNBOOK_MCP_TOKEN: TOKEN }, 'SIGTERM'],
  ['the file, before a variable', { D1_RUNBOOK_MCP_TOKEN_FILE: file, D1_RUNBOOK_MCP_TOKEN: 'x' }, 'SIGINT'],
  ['its own making', {}, 'SIGTERM'],
] as const)('mcp --http takes the token of %s alone, and ends well', async (_, env, signal) => {
  const server = serve(env)
  const { url, token } = await saidBy(server)
  const given = Object.keys(env).length > 0
  // What was given is not printed.
  expect(token).toMatch(given ? /^TOKEN$/ : /^[0-9a-f]{48}$/)
  const authorization = `Bearer ${given ? TOKEN : token}`
  expect(await statusOf(url, { authorization })).toBe(200)
  for (const wrong of ['Bearer TOKEN', `${authorization}x`, ''])
    expect(await statusOf(url, { authorization: wrong })).toBe(401)
  expect(await statusOf(url, { authorization, host: 'evil.example' })).toBe(403)
  expect(await statusOf(url, { authorization, origin: 'https://evil.example' })).toBe(403)

  server.kill(signal)
  const ended = await resultOf(server)
  expect(ended).toMatchObject({ code: 0, json: { success: true } })
  expect(ended.stderr).not.toContain(TOKEN)
  await expect(statusOf(url, { authorization })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

it('mcp --http does not begin with a token that can be guessed, or a file that is not there', async () => {
  for (const env of [{ D1_RUNBOOK_MCP_TOKEN: 'too short' }, { D1_RUNBOOK_MCP_TOKEN_FILE: `${file}.gone` }]) {
    const { code, stdout } = await runCli(['mcp', '--http', '--port', '0', '--json'], temporaryFolder(), env)
    expect({ code, said: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 2,
      said: { error: { type: 'ConfigInvalid' } },
    })
  }
})
