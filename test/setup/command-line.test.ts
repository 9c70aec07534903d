import { execa } from 'execa'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '..', '..')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'd1-runbook-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs code of `scripts/`, which has no types, in a process of its own. */
async function evaluate(code: string): Promise<unknown> {
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', code], { cwd: ROOT })
  return JSON.parse(stdout) as unknown
}

test('the set-up refuses a step that does not exist, and names those that do', async () => {
  const { exitCode, stderr } = await execa(process.execPath, ['setup/main.mjs', '--only', 'everything'], {
    cwd: ROOT,
    reject: false,
  })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('deps|build|temporal')
})

test('a program that hangs is ended with all that it started, and the reason says so', async () => {
  const code = `
    import { runCommand } from './setup/command.mjs'
    const result = await runCommand(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { limitMs: 300, label: 'x', say() {} })
    console.log(JSON.stringify(result))`
  expect(await evaluate(code)).toMatchObject({ ok: false, reason: expect.stringContaining('took longer') })
})

test('the lock of a set-up that died is taken over', async () => {
  const lock = path.join(folder, 'build.lock')
  const dead = await execa(process.execPath, ['--eval', 'console.log(process.pid)'])
  writeFileSync(lock, dead.stdout)
  const code = `
    import { withLock } from './setup/lock.mjs'
    console.log(JSON.stringify(await withLock(${JSON.stringify(lock)}, async () => 'mine', { limitMs: 5000 })))`
  expect(await evaluate(code)).toBe('mine')
})

test.each([
  ['nothing', undefined, 'cannot be read'],
  ['no JSON', 'x', 'is no lock file of npm'],
  ['no packages', '{}', 'is no lock file of npm'],
])(
  'a copied folder whose package-lock.json is %s is told with what to do, without a stack',
  async (_, text, said) => {
    for (const [name, content] of [
      ['package.json', '{"name":"copy"}'],
      ['tsconfig.build.json', '{}'],
      ['src/x.ts', ''],
      ['node_modules/.package-lock.json', '{"packages":{}}'],
      ['package-lock.json', text],
    ] as const) {
      if (content === undefined) continue
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), content)
    }
    const code = `
    import { setUp } from './setup/steps.mjs'
    process.exitCode = (await setUp(['deps'], { root: ${JSON.stringify(folder)} })) ? 0 : 2`
    const { exitCode, stderr } = await execa(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: ROOT,
      reject: false,
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`set-up failed: package-lock.json ${said}`)
    expect(stderr).toContain('What to do: Copy package-lock.json')
    expect(stderr).not.toMatch(/^\s+at /m)
  },
)

test.each([
  ['v22.13.1', true],
  ['v24.0.0', true],
  ['v22.12.0', false],
  ['v20.19.5', false],
])('Node %s: new enough %s', async (version, enough) => {
  const code = `
    import { isNewEnough } from './setup/node-version.mjs'
    console.log(JSON.stringify(isNewEnough('${version}')))`
  expect(await evaluate(code)).toBe(enough)
})

test('a Node that the install removed while it ran is none to go on with', async () => {
  const code = `
    import { nodeIsProvided } from './setup/dependencies.mjs'
    import { nodeFor } from './setup/build.mjs'
    const seen = [nodeIsProvided('/none'), nodeFor('/none') === process.execPath]
    process.execPath = '/none/bin/node'
    console.log(JSON.stringify([...seen, nodeIsProvided('/none')]))`
  expect(await evaluate(code)).toEqual([true, true, false])
})

test.each([
  ['v22.12.0', 'this Node, 22.12.0, is older than 22.13: installing Node '],
  ['v22.13.0', 'the Node 22.13.0 that this runs on is gone'],
  ['v24.1.0', 'the Node 24.1.0 that this runs on is gone'],
])('why a Node is installed where %s runs: what is said of it is so', async (version, said) => {
  const code = `
    import { provideNode } from './setup/dependencies.mjs'
    Object.defineProperty(process, 'version', { value: '${version}' })
    const say = (line) => { throw line }
    console.log(JSON.stringify(await provideNode('/none', say).catch((line) => line)))`
  expect(await evaluate(code)).toMatch(new RegExp(`^${said.replaceAll('.', '\\.')}`))
})

test('the closing line never says zero failures beside a bad exit code', async () => {
  const report = path.join(folder, 'report.json')
  const broken = { status: 'failed', assertionResults: [] }
  const counts = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0 }
  const line = async (testResults: unknown[], exitCode: number, file = report) => {
    writeFileSync(report, JSON.stringify({ ...counts, testResults }))
    return evaluate(`
      import { closingLine, countTests } from './scripts/test-counts.mjs'
      console.log(JSON.stringify(closingLine(countTests(${JSON.stringify(file)}, ${exitCode}))))`)
  }
  expect(await line([], 0)).toBe('3 passed, 0 failed, 1 skipped')
  expect(await line([broken], 1)).toBe('3 passed, 1 failed, 1 skipped')
  expect(await line([], 1)).toBe('3 passed, 1 failed, 1 skipped')
  expect(await line([], 1, path.join(folder, 'none'))).toBe('0 passed, 1 failed')
})
