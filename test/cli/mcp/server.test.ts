import { Client } from '@modelcontextprotocol/client'
import { InMemoryTransport } from '@modelcontextprotocol/server'
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { forAgents, waitsFor } from '../../../src/cli/mcp/for-people.js'
import { insideProject } from '../../../src/cli/mcp/inside.js'
import { agentName, createToolServer, oneAtATime, TOOLS } from '../../../src/cli/mcp/server.js'
import { reportForAgents } from '../../../src/cli/mcp/report-for-agents.js'
import { GATES } from '../../../src/contract/names.js'
import { command, words } from '../../../src/contract/next-command.js'
import { proposerSchema } from '../../../src/contract/provenance.js'
import type { ReportInput } from '../../../src/runbook/report/input.js'
import { renderMarkdown } from '../../../src/runbook/report/markdown.js'
import { visibleAnswer } from '../../../src/text/visible.js'
import { plainDocument } from '../../../src/text/words.js'
import { sampleRun } from '../../runbook/sample-run.js'
import { temporaryFolder } from '../../temporary-folder.js'

const WRANGLER = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n'
const projectDir = temporaryFolder()
writeFileSync(path.join(projectDir, 'wrangler.toml'), WRANGLER)
const place = { projectDir, environment: 'local', person: 'Ada' }
const client = new Client({ name: 'test', version: '1' })

beforeAll(async () => {
  const [here, there] = InMemoryTransport.createLinkedPair()
  const server = createToolServer({ place, onProgress: () => undefined, inTurn: oneAtATime() })
  await server.connect(there)
  await client.connect(here)
})

afterAll(() => client.close())

async function call(name: string, args: Record<string, unknown>) {
  const { isError, content } = await client.callTool({ name, arguments: args })
  const [first] = content
  const text = first?.type === 'text' ? first.text : ''
  return { isError, text, json: () => JSON.parse(text) as unknown }
}

describe('the tools of an agent', () => {
  it('are these: none decides, steers, applies or restores', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      ...['validate', 'explain_finding', 'status', 'doctor', 'list_runs', 'show_run', 'report'],
      ...['plan', 'draft_rewrite', 'draft_reverse', 'propose_run'],
    ])
    expect(tools.filter(({ annotations }) => annotations?.destructiveHint !== false)).toEqual([])
    const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true)
    expect(changing.map(({ name }) => name)).toEqual([
      'plan',
      'draft_rewrite',
      'draft_reverse',
      'propose_run',
    ])
    for (const { outputSchema } of tools) expect(outputSchema?.['type']).toBe('object')
    // A model reads all of it before it asks anything.
    expect(JSON.stringify(tools).length).toBeLessThan(80_000)
  })

  test.each(TOOLS.map((tool) => [tool.name, tool] as const))(
    '%s takes nothing that it does not know',
    (_, tool) => {
      const extra = { preApproved: true, requester: 'Bea', attested: ['x'], window: 'a/b', project: '/' }
      for (const [name, value] of Object.entries(extra))
        expect(tool.input.safeParse({ [name]: value }).error?.issues.map(({ code }) => code)).toContain(
          'unrecognized_keys',
        )
    },
  )

  it('are those of the page about them, and change what it says', () => {
    const page = readFileSync('docs/agents.md', 'utf8')
    const rows = [...page.matchAll(/^\| `(\w+)` +\|[^|]*\| (nothing)?/gm)].map(([, name, none]) => [
      name,
      none === 'nothing',
    ])
    expect(rows).toEqual(TOOLS.map(({ name, behaviour }) => [name, behaviour.readOnly]))
  })

  it('explain a finding by its rule', async () => {
    expect((await call('explain_finding', { code: 'dl101' })).json()).toMatchObject({
      rule: { code: 'DL101', severity: 'error', advice: expect.stringContaining('foreign keys') as string },
    })
  })

  it('fail with type, message, advice, and the next command at its place', async () => {
    const unknown = await call('explain_finding', { code: 'DL110' })
    expect(unknown.isError).toBe(true)
    expect(unknown.json()).toEqual({
      error: {
        type: 'ConfigInvalid',
        message: expect.stringContaining('There is no code DL110. Did you mean') as string,
        advice: expect.stringContaining('validate --rules --project') as string,
        next: [expect.stringMatching(/^d1-runbook validate --rules --project /)],
      },
    })
    expect((await call('validate', { environment: 'nope' })).json()).toMatchObject({
      error: { type: 'EnvironmentUnknown' },
    })
  })

  it('there is no other', async () => {
    await expect(call('approve', { gate: 'team-lead' })).rejects.toThrow(/approve/)
  })
})

describe('what an agent is told', () => {
  const show = command('show')
  const decide = command('watch', '--decide')

  it('names commands of people in a text, and has none of them to type next', () => {
    const told = forAgents({
      advice: words`Look: ${show}. Answer: ${decide}. End it: ${command('abort')}`,
      shows: [words`Approve: ${command('approve', 'final')}`, 'plain', words`Look: ${show}`],
      next: [show, command('rollback', '--strategy', 'none')],
      at: 3,
    })
    expect(plainDocument(told)).toEqual({
      advice:
        'Look: d1-runbook show. Answer: (watch, a command of people). End it: (abort, a command of people)',
      shows: ['Approve: (approve, a command of people)', 'plain', 'Look: d1-runbook show'],
      next: [show],
      at: 3,
    })
    expect(plainDocument(forAgents({ advice: words`End it: ${command('abort')}` }))).toEqual({
      advice: 'End it: (abort, a command of people)',
    })
  })

  it.each(GATES)('a report of a run that waits at %s has no command of people to type', (gate) => {
    const view = sampleRun({ outcome: null })
    const shows = ['Error rate 9 %', words`Time Travel: ${command('rollback', '--strategy', 'time-travel')}`]
    const gates = view.gates.map((one) =>
      one.gate === gate
        ? { ...one, state: 'open' as const, decisions: [], shows }
        : { ...one, state: 'approved' as const },
    )
    const failure = {
      type: 'ApplyFailed',
      message: 'no',
      advice: words`End it: ${command('abort')}; ${show}`,
    }
    const input: ReportInput = {
      plan: null,
      baseline: null,
      view: { ...view, gates, failure, observations: [] },
    }
    const typed = /d1-runbook (?:approve|reject|rollback|abort|observe|resume|pause|supersede|start)\b/
    expect(renderMarkdown(input)).toMatch(typed)
    const report = reportForAgents(input)
    expect(report).not.toMatch(typed)
    expect(report).toContain('a command of people)')
    expect(report).toContain('`d1-runbook show`')
    // Nothing else is another than people read.
    const whole = (text: string): number => text.split('\n').length
    expect(whole(report)).toBe(whole(renderMarkdown(input)))
  })

  it('says for whom a run waits', () => {
    const view = sampleRun()
    expect(waitsFor({ ...view, outcome: 'completed' })).toBeUndefined()
    const [first, ...others] = view.gates.map((gate) => ({ ...gate, state: 'waiting' as const }))
    if (first === undefined) throw new Error('the sample has gates')
    expect(waitsFor({ ...view, outcome: null, gates: [first, ...others] })).toBeUndefined()
    const who = {
      ...{ roles: ['lead'], approvals: 1, missing: 1 },
      people: [{ name: 'Bea', roles: ['lead'], contact: '#db' }],
    }
    const gates = [{ ...first, state: 'open' as const, who }, ...others]
    expect(waitsFor({ ...view, outcome: null, gates })).toMatchObject({
      gate: first.gate,
      people: expect.arrayContaining([expect.stringContaining('Bea')]) as string[],
    })
  })

  it('has nothing in it that does not show, and keeps its lines', async () => {
    expect(
      visibleAnswer({ 'a\u200B': ['x\u202Ey\u001B\u{E0041}', 'SELECT 1;\r\n\tSELECT 2;\n'], n: 1 }),
    ).toEqual({
      'a\\u200b': ['x\\u202ey\\x1b\\u{e0041}', 'SELECT 1;\r\n\tSELECT 2;\n'],
      n: 1,
    })
    const { text } = await call('explain_finding', { code: 'DL\u202E\u200B1' })
    expect(text).toContain('There is no code DL\\\\u202e\\\\u200b1')
  })
})

describe('a path that a client gave', () => {
  const outer = realpathSync(temporaryFolder())
  const root = path.join(outer, 'project')
  mkdirSync(path.join(root, 'backups'), { recursive: true })
  mkdirSync(`${root}-other`)
  writeFileSync(path.join(root, 'backups', 'a.zip'), '')
  writeFileSync(path.join(outer, 'secret'), '')
  writeFileSync(path.join(`${root}-other`, 'b.zip'), '')
  symlinkSync(path.join(outer, 'secret'), path.join(root, 'backups', 'link.zip'))
  symlinkSync(outer, path.join(root, 'up'))

  test.each(['backups/a.zip', './backups/../backups/a.zip', path.join(root, 'backups', 'a.zip')])(
    '%s is within the project',
    async (given) => expect(await insideProject(root, given)).toBe(path.join(root, 'backups', 'a.zip')),
  )

  test.each([
    ...['../secret', path.join(outer, 'secret'), 'backups/link.zip', 'up/secret', '../project-other/b.zip'],
    ...['/etc/passwd', 's3://bucket/key', 'backups/none.zip', '.', '', 'a\0b', '~/.ssh/id_ed25519'],
  ])('%j is not, and nothing is told of it', async (given) => {
    await expect(insideProject(root, given)).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: `There is no ${JSON.stringify(given)} within the project.`,
    })
  })
})

test.each([
  [{ name: 'claude-code', version: '2.1' }, 'claude-code 2.1'],
  [{ name: 'Ada) for Bea (', version: '\n' }, 'Ada_ for Bea _ _'],
  [{ name: 'd1-runbook', version: '' }, 'unnamed'],
  [{ name: 'x'.repeat(5_000) }, 'x'.repeat(100)],
  [{ name: ' ' }, 'unnamed'],
  [undefined, 'unnamed'],
])('the client %j is called %s', (said, name) => {
  expect(agentName(said)).toBe(name)
  expect(proposerSchema.safeParse({ agent: name }).success).toBe(true)
})

describe('heavy work', () => {
  it('is done one after the other, whether or not it fails, and not begun once it was given up', async () => {
    const inTurn = oneAtATime()
    const order: string[] = []
    const { signal } = new AbortController()
    const work = (name: string) => async () => {
      order.push(`${name} begins`)
      await Promise.resolve()
      order.push(`${name} ends`)
      if (name === 'a') throw new Error(name)
    }
    const a = inTurn(signal, work('a'))
    const given = inTurn(AbortSignal.abort(new Error('given up')), work('b'))
    const c = inTurn(signal, work('c'))
    await expect(a).rejects.toThrow('a')
    await expect(given).rejects.toThrow('given up')
    await c
    expect(order).toEqual(['a begins', 'a ends', 'c begins', 'c ends'])
  })
})
