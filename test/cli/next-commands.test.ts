import { execa } from 'execa'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { packageRoot } from '../../src/process/package-root.js'
import { projectFolder } from '../config/project-folder.js'
import { runCli, runJson } from './run-cli.js'

const WRANGLER = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n'
const LAUNCHER = path.join(packageRoot(), 'bin', 'd1-runbook.mjs')
/** Row data and names that read like commands of ours. */
const READS_LIKE_ONE = 'see d1-runbook show, then `d1-runbook plan` or d1-runbook validate'
const FILES = {
  'wrangler.toml': WRANGLER,
  'migrations/0001_notes.sql': `CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT DEFAULT '${READS_LIKE_ONE}');\n`,
  'migrations/0002_drop.sql': 'DROP TABLE notes;\n',
}

/** The folder above a project that is called `name`. */
function above(name: string, files: Record<string, string> = FILES): string {
  return projectFolder(
    Object.fromEntries(Object.entries(files).map(([file, text]) => [path.join(name, file), text])),
  )
}

/** What a person does with a line that we printed. */
function paste(line: string, cwd: string) {
  const ours = `d1-runbook() { '${process.execPath}' '${LAUNCHER}' "$@"; }`
  return execa('bash', ['-c', `${ours}\n${line}`], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TEMPORAL_ADDRESS: '127.0.0.1:1' },
    extendEnv: false,
    reject: false,
  })
}

describe('a command that is printed works when it is pasted', () => {
  test.each(['app', 'my app', `it's "quoted" $HOME`, 'back`tick`; echo oops', 'über & co'])(
    'for a project in %j',
    async (name) => {
      const folder = above(name)
      const made = await runCli(['create', 'photos', '--env', 'local', '--project', name], folder)
      const [, line = ''] = /then (d1-runbook .*)/.exec(made.stdout) ?? []
      expect(line).toMatch(/^d1-runbook validate --env local --project /)
      const pasted = await paste(line, folder)
      expect(pasted.stderr).toBe('')
      expect(pasted.stdout).toContain('0002_drop.sql')
    },
  )

  test('validate proposes to rehearse in an environment that there is', async () => {
    const only = '[env.production]\n[[env.production.d1_databases]]\nbinding = "DB"\n'
    const id = 'database_id = "11111111-1111-4111-8111-111111111111"\n'
    const wrangler = `${only}database_name = "shop"\n${id}`
    const without = await runCli(['validate'], projectFolder({ ...FILES, 'wrangler.toml': wrangler }))
    expect(without.stdout).toContain('Next: d1-runbook plan --env production rehearses')
    const local = await runCli(['validate'], projectFolder(FILES))
    expect(local.stdout).toContain('Next: d1-runbook plan rehearses')
  })

  test('in JSON it stands beside the advice, as a value', async () => {
    const folder = above('my app')
    const { json } = await runJson(['create-rollback', '--of', 'none', '--project', 'my app'], folder)
    expect(json).toMatchObject({
      error: {
        advice: 'd1-runbook status --project "my app" shows all of them.',
        next: [{ command: 'status', args: [], project: 'my app' }],
      },
    })
  })
})

describe('nothing but our own commands is touched', () => {
  const typed = ['--env', 'local', '--project', 'my app']

  test('the SQL of create-rollback --print', async () => {
    const printed = await runCli(
      ['create-rollback', '--of', '0002_drop.sql', '--print', ...typed],
      above('my app'),
    )
    expect(printed.code).toBe(0)
    expect(printed.stdout).toContain(`DEFAULT '${READS_LIKE_ONE}'`)
  })

  test('SARIF, Markdown and JSON of a folder with a space', async () => {
    const folder = above('my app', { ...FILES, 'migrations/unnumbered.sql': 'SELECT 1;\n' })
    const sarif = await runCli(['validate', '--sarif', ...typed], folder)
    const { runs } = JSON.parse(sarif.stdout) as { runs: { results: { message: { text: string } }[] }[] }
    const texts = runs.flatMap(({ results }) => results.map(({ message }) => message.text))
    expect(texts).toContainEqual(expect.stringContaining('d1-runbook create NAME does so.'))
    const { json } = await runJson(['validate', ...typed], folder)
    const { findings } = json as { findings: { code: string; advice: string; next?: object[] }[] }
    expect(findings.find(({ code }) => code === 'SQ103')).toMatchObject({
      advice: expect.stringContaining(
        'd1-runbook create NAME --env local --project "my app" does so.',
      ) as string,
      next: [{ command: 'create', args: ['NAME'], environment: 'local', project: 'my app' }],
    })
  })
})
