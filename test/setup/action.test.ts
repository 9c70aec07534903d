import { execa } from 'execa'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../../src/process/package-root.js'
import { buildIfStale } from '../e2e/processes.js'
import { scratchFolder } from '../e2e/project.js'

const SCRIPT = path.join(packageRoot(), 'scripts', 'action.mjs')
const DATABASE =
  '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "a"\ndatabase_id = "00000000-0000-4000-8000-0000000000aa"\n'

const scratch = scratchFolder()
let server: Server | undefined
let projects = 0

beforeAll(buildIfStale)
afterEach(() => server?.close())
afterAll(() => scratch.remove())

/** A checkout whose Wrangler file lies below it, as in many repositories. */
function checkout(migrations: Record<string, string>): string {
  projects += 1
  const folder = path.join(scratch.folder, `repo ${projects}`)
  mkdirSync(path.join(folder, 'api', 'migrations'), { recursive: true })
  writeFileSync(path.join(folder, 'api', 'wrangler.toml'), DATABASE)
  for (const [name, sql] of Object.entries(migrations)) {
    writeFileSync(path.join(folder, 'api', 'migrations', name), sql)
  }
  return folder
}

async function runAction(step: string, cwd: string, env: Record<string, string>) {
  const files = { GITHUB_OUTPUT: path.join(cwd, 'output'), GITHUB_STEP_SUMMARY: path.join(cwd, 'summary') }
  for (const file of Object.values(files)) rmSync(file, { force: true })
  const { exitCode, all } = await execa(process.execPath, [SCRIPT, step], {
    ...{ cwd, all: true, reject: false, extendEnv: false },
    env: { PATH: process.env['PATH'], HOME: cwd, RUNNER_TEMP: cwd, ...files, ...env },
  })
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  }
  const outputs = Object.fromEntries(
    read(files.GITHUB_OUTPUT)
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  return { exitCode, all, outputs, summary: read(files.GITHUB_STEP_SUMMARY), read }
}

const LOSES = { '0001_a.sql': 'CREATE TABLE a (id INTEGER);\n', '0002_b.sql': 'CREATE TABEL b (id);\n' }
const HARMLESS = { '0001_a.sql': 'CREATE TABLE a (id INTEGER PRIMARY KEY);\n' }

test('findings are told at their lines by paths of the repository, in the summary, and by the output', async () => {
  const { exitCode, outputs, summary, read } = await runAction('check', checkout(LOSES), { PROJECT: 'api' })
  expect({ exitCode, success: outputs['success'] }).toEqual({ exitCode: 0, success: 'false' })
  const { runs } = JSON.parse(read(outputs['sarif'] ?? '')) as {
    runs: [
      {
        results: {
          ruleId: string
          locations: { physicalLocation: { artifactLocation: { uri: string } } }[]
        }[]
      },
    ]
  }
  const [refused] = runs[0].results.filter(({ ruleId }) => ruleId === 'SY101')
  expect(refused?.locations[0]?.physicalLocation.artifactLocation.uri).toBe('api/migrations/0002_b.sql')
  expect(summary).toContain('SY101')
  expect(read(outputs['markdown'] ?? '')).toBe(summary)
})

test('nothing that blocks is a success', async () => {
  const { outputs } = await runAction('check', checkout(HARMLESS), { PROJECT: 'api' })
  expect(outputs).toMatchObject({ success: 'true', sarif: expect.any(String), markdown: expect.any(String) })
})

test('plan rehearses, and writes the same files', async () => {
  const { outputs, all } = await runAction('check', checkout(HARMLESS), { PROJECT: 'api', COMMAND: 'plan' })
  expect({ outputs, all }).toMatchObject({ outputs: { success: 'true', sarif: expect.any(String) } })
  expect(all).toMatch(/^Plan [0-9a-f]{12}: ok$/m)
})

test('a project that cannot be read is no success, and has no findings to show', async () => {
  const { exitCode, outputs, all } = await runAction('check', checkout(HARMLESS), { PROJECT: 'nowhere' })
  expect({ exitCode, outputs }).toEqual({ exitCode: 0, outputs: { success: 'false' } })
  expect(all).toMatch(/nowhere/)
})

test('no other command is run', async () => {
  const { exitCode, all } = await runAction('check', checkout(HARMLESS), { COMMAND: 'start' })
  expect({ exitCode, all }).toMatchObject({ exitCode: 1, all: expect.stringContaining('validate, plan') })
})

interface Comment {
  id: number
  body: string
}

/** GitHub's comments of one pull request. `readOnly`: as the token of a fork finds it. */
async function gitHub(comments: Comment[], { readOnly = false } = {}): Promise<string> {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://github')
    const page = Number(url.searchParams.get('page') ?? 1)
    const size = Number(url.searchParams.get('per_page') ?? 30)
    text(request).then(
      (body) => {
        if (request.method === 'GET') {
          response.end(JSON.stringify(comments.slice((page - 1) * size, page * size)))
          return
        }
        if (readOnly) {
          response.writeHead(403).end('{}')
          return
        }
        const given = JSON.parse(body) as { body: string }
        const id = Number(url.pathname.split('/').at(-1))
        const known = comments.find((one) => one.id === id)
        if (known === undefined) comments.push({ id: 1000, ...given })
        else known.body = given.body
        response.end('{}')
      },
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('one comment is kept up to date, found on whatever page it is; others are left alone', async () => {
  const folder = checkout({})
  const markdown = path.join(folder, 'findings.md')
  const others = Array.from({ length: 150 }, (_, id) => ({ id, body: `comment ${id}` }))
  const comments: Comment[] = [...others]
  const env = {
    REPOSITORY: 'o/r',
    PULL_REQUEST: '7',
    TOKEN: 't',
    MARKDOWN: markdown,
    GITHUB_API_URL: await gitHub(comments),
  }
  for (const found of ['first', 'second']) {
    writeFileSync(markdown, `### ${found}\n`)
    expect(await runAction('comment', folder, env)).toMatchObject({ exitCode: 0 })
  }
  expect(comments.slice(0, 150)).toEqual(others)
  expect(comments.slice(150).map(({ body }) => body)).toEqual([
    '<!-- d1-runbook validate local -->\n### second\n',
  ])
  await runAction('comment', folder, { ...env, ENVIRONMENT: 'production' })
  expect(comments).toHaveLength(152)
})

test('a comment that is too long is cut, and says so', async () => {
  const folder = checkout({})
  const markdown = path.join(folder, 'findings.md')
  writeFileSync(markdown, 'x'.repeat(100_000))
  const comments: Comment[] = []
  await runAction('comment', folder, { MARKDOWN: markdown, GITHUB_API_URL: await gitHub(comments) })
  expect(comments[0]?.body).toHaveLength(65_536)
  expect(comments[0]?.body).toContain('does not fit')
})

test('where the token may only read, a warning stands in for the comment', async () => {
  const folder = checkout({})
  const markdown = path.join(folder, 'findings.md')
  writeFileSync(markdown, 'found')
  const api = await gitHub([], { readOnly: true })
  const { exitCode, all } = await runAction('comment', folder, { MARKDOWN: markdown, GITHUB_API_URL: api })
  expect({ exitCode, all }).toMatchObject({ exitCode: 0, all: expect.stringContaining('::warning::') })
})

test('action.yml uses what it declares, declares what it uses, gives the script what it reads, and docs name each input', () => {
  const read = (file: string): string => readFileSync(path.join(packageRoot(), file), 'utf8')
  const action = read('action.yml')
  const namesIn = (source: string, pattern: RegExp): string[] =>
    [...new Set([...source.matchAll(pattern)].map(([, name = '']) => name))].sort()
  const [head = '', steps = ''] = action.split('\nruns:\n')
  const inputs = namesIn(head.split('\noutputs:')[0] ?? '', /^ {2}([\w-]+):$/gm)
  expect(namesIn(steps, /inputs\.([\w-]+)/g)).toEqual(inputs)
  for (const name of inputs) expect(read('docs/github-action.md')).toContain(`| \`${name}\``)
  const given = namesIn(steps, /^ {8}([A-Z_]+):/gm).filter((name) => name !== 'ACTION')
  const readByScript = namesIn(read('scripts/action.mjs'), /^ {2}([A-Z_]+)(?: =.*)?,$/gm)
  expect(readByScript.filter((name) => !/^(GITHUB|RUNNER)_/.test(name))).toEqual(given)
  // Text of a branch or a pull request in a script would be run as one.
  expect(steps.match(/^ +run: .*\$\{\{.*$/gm)).toBeNull()
})
