import { describe, expect, test } from 'vitest'
import { projectFolder, THREE_ENVIRONMENTS } from '../config/project-folder.js'
import { runCli, spawnCli } from './run-cli.js'

describe('wrong usage ends with 2 and says what to type', () => {
  test.each([
    [['stauts'], 'Did you mean status?'],
    [['status', '--evn', 'x'], 'Did you mean --env?'],
    [['backup', 'restor'], 'backup has no command \'restor\'. Did you mean "restore"?'],
    [['backup', 'list'], "backup has no command 'list'."],
    [['worker', 'version'], 'Did you mean "versions"?'],
    [['backup', '--env', 'production', 'restor'], 'Did you mean "restore"?'],
    [['backup', '--keep', '3', '--env', 'production', 'lst'], "backup has no command 'lst'."],
    [['worker', '--charter', 'x.json', 'promot'], 'Did you mean "promote"?'],
    [['monitor', 'chek-now'], 'Did you mean'],
    [['monitor', '--env', 'production', 'chek-now'], 'Did you mean "check-now"?'],
    [['monitor', '--env', 'production', 'check-now'], 'Type: d1-runbook monitor check-now --env production'],
    [['backup', '--to', 'my dir', 'restore', 'a.zip'], 'Type: d1-runbook backup restore --to "my dir" a.zip'],
    [['backup', '--env', 'production', 'validate'], 'Type: d1-runbook backup validate --env production'],
    [['--env', 'production', 'status'], 'Type: d1-runbook status --env production'],
    [['--env', 'production', 'stauts'], 'Did you mean "status"?'],
    [['--json=x', 'status'], '--json'],
    [['backup', '--env', 'restore', '--nope'], "unknown option '--nope'"],
    [['status', 'production'], "too many arguments for 'status'"],
    [['backup', 'validate', 'a.zip', 'b.zip'], "too many arguments for 'validate'"],
    [['backup', 'restore', 'a.zip'], 'See: d1-runbook help backup restore'],
    [['backup', 'create', '--keeep', '3'], 'See: d1-runbook help backup create'],
    [['help', 'foo'], "unknown command 'foo'."],
    [['help', 'stauts'], 'Did you mean "status"?'],
    [['help', 'backup', 'restor'], 'backup has no command \'restor\'. Did you mean "restore"?'],
    [['backup', 'list', '--help'], "backup has no command 'list'."],
    [['worker', 'lst', '--env', 'local', '-h'], "worker has no command 'lst'."],
    [['help', 'show', 'foo'], "show has no command 'foo'."],
    [['create'], "missing required argument 'name'"],
    [['start', '--until', 'tomorrow'], 'validated, closed'],
    [['start', '--wait', '--detach'], 'cannot be used with'],
    [['approve', 'finaal', '--actor', 'Ada'], 'Did you mean "final"?'],
    [['approve', 'final', '--actor', ' '], 'needs the name of the person'],
    [['rollback'], '--strategy'],
    [['approve', 'final', '--actor', '--comment', 'x'], "'--comment' behind it is an option"],
    [['approve', 'final', '--actor', '-e', 'production'], "'-e' behind it is an option"],
    [['start', '--wait', '--requester', '--detach'], '--requester=--detach'],
    [['abort', '--reason', '--yes'], "'--yes' behind it is an option"],
    [['abort', '--reason', '--'], "option '--reason <text>' needs a value"],
    [['backup', 'restore', 'a.zip', '--to', '--project', '.'], 'See: d1-runbook help backup restore'],
    [['backup', '--env', '--keep', '3'], "option '-e, --env <name>' needs a value"],
    [['report', '--out', '--project=x'], '--out'],
    [['approve', 'finaal', '--actor=--json'], 'Did you mean "final"?'],
    [['approve', 'finaal', '--actor', 'Ada', '--comment', '--no way, it lists all'], 'Did you mean "final"?'],
    [['approve', 'finaal', '--comment', '- first', '--actor', '-'], 'Did you mean "final"?'],
    [['demo'], '--yes --fast'],
    [['demo', '--remote', '--fast'], 'demo --yes --fast --remote'],
    [['demo', '--dir', 'my demo'], 'demo --yes --fast --dir "my demo"'],
    [['status', '--env', 'prod'], 'Did you mean "production"?'],
    [['serve', '--env', 'prod'], 'Did you mean "production"?'],
    [['mcp', '--for', 'Ada', '--env', 'prod'], 'Did you mean "production"?'],
    [['status'], 'No migrations directory found'],
    [['backup', 'validate', 'nope.zip'], 'There is no file'],
    [['backup', 'restore', '.', '--to', 'x'], 'is no file'],
    [['monitor'], 'check-now'],
    [['monitor', 'check-now', '--id', 'x'], 'Temporal does not answer'],
    [['show'], 'Temporal does not answer'],
    [['start', '--requester', 'Ada'], 'Temporal does not answer'],
    [['start', '--window', 'yesterday'], "'yesterday' is no window"],
    [['start', '--attest', 'foo'], 'nothing to attest called "foo"'],
    [['start', '--skip', 'foo'], '--skip takes LINE=reason'],
    [['start', '--skip', 'staging-tested= '], 'needs a reason'],
    [['adopt-run', '--env', 'production', '--requester', ' '], 'needs the name of the person'],
    [['validate', '--sarif', '/nope/x.sarif'], '--sarif: there is no folder /nope'],
    [['validate', '--sarif', '../nope/x.sarif'], 'there is no folder'],
    [['validate', '--sarif', '.'], '--sarif: . is a folder'],
    [['validate', '--markdown', 'nobody/'], '--markdown: nobody/ is a folder'],
    [['plan', '--sarif', 'wrangler.toml/x/y.sarif'], 'part of its path is a file'],
    [['validate', '--sarif', '--markdown'], 'Standard output takes one of --sarif and --markdown'],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await runCli(
      args,
      projectFolder({ 'wrangler.toml': THREE_ENVIRONMENTS }),
    )
    expect(stderr).toContain(said)
    expect(stderr).not.toContain('    at ')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

test('with --json a failure is one document with type, message and advice', async () => {
  const { code, stdout, stderr } = await spawnCli(['status', '--json'], projectFolder())
  expect(code).toBe(2)
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    success: false,
    error: {
      type: 'ProjectNotFound',
      message: expect.any(String) as string,
      advice: expect.any(String) as string,
    },
  })
})

test('a locked database is told apart from a broken one', async () => {
  const { localDatabaseFile } = await import('../../src/d1/read/local-file.js')
  const { openSqlite } = await import('../../src/d1/sqlite/sqlite.js')
  const { mkdirSync } = await import('node:fs')
  const path = await import('node:path')
  const folder = projectFolder({
    'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\n',
    'migrations/0001_a.sql': 'CREATE TABLE a (id);\n',
  })
  const file = localDatabaseFile({ persistTo: path.join(folder, '.wrangler', 'state'), databaseId: 'DB' })
  mkdirSync(path.dirname(file), { recursive: true })
  const database = openSqlite(file)
  try {
    database.exec('CREATE TABLE x (id); BEGIN EXCLUSIVE')
    const { code, stderr } = await runCli(['status'], folder)
    expect(stderr).toContain('locked')
    expect(code).toBe(1)
  } finally {
    database.close()
  }
})

test('every command has help with examples, and help needs no project', async () => {
  const folder = projectFolder()
  const { stdout } = await runCli(['--help'], folder)
  for (const command of ['demo', 'plan', 'start', 'watch', 'report-issue', 'create-rollback']) {
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  }
  const { code, stdout: start } = await runCli(['start', '--help'], folder)
  expect(code).toBe(0)
  expect(start).toContain('Examples:')
  expect(start).toContain('--env <name>')
})

test('no colours leave us where nobody sees them', async () => {
  const { stdout, stderr } = await spawnCli(['doctor'], projectFolder(), { FORCE_COLOR: '1' })

  expect(stdout + stderr).not.toMatch(/\u001B\[/)
})

const WITH_UNKNOWN_KEY = {
  'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\nmigration_dir = "x"\n',
  'migrations/0001_a.sql': 'CREATE TABLE a (id);\n',
}

test.each(['validate', 'plan'])('%s --json beside --sarif on standard output is refused', async (name) => {
  const { code, stdout } = await runCli([name, '--json', '--sarif'], projectFolder(WITH_UNKNOWN_KEY))
  expect(code).toBe(2)
  expect(JSON.parse(stdout)).toMatchObject({
    error: { type: 'ConfigInvalid', message: expect.stringContaining('one of --json and --sarif') as string },
  })
})

test('a key that nobody reads is a warning in the document too, and a file below a new folder is written', async () => {
  const folder = projectFolder(WITH_UNKNOWN_KEY)
  const { code, stdout } = await runCli(['validate', '--json', '--sarif', 'new/one/of.sarif'], folder)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ warnings: [expect.stringContaining('migration_dir')] })
  const { readFileSync } = await import('node:fs')
  const path = await import('node:path')
  expect(readFileSync(path.join(folder, 'new/one/of.sarif'), 'utf8')).toContain('"version": "2.1.0"')
})

describe('help of a command is that of the command', () => {
  test.each([
    [['help', 'backup', 'restore'], 'Usage: d1-runbook backup restore'],
    [['help', 'monitor', 'check-now'], 'Usage: d1-runbook monitor check-now'],
    [['help', 'worker', 'versions'], 'Usage: d1-runbook worker versions'],
    [['help', 'backup', 'schedule'], 'Usage: d1-runbook backup schedule'],
    [['help', 'backup'], 'Usage: d1-runbook backup '],
    [['backup', '--help'], 'Usage: d1-runbook backup '],
    [['backup', 'restore', 'a.zip', '--help'], 'Usage: d1-runbook backup restore'],
    [['backup', '--env', 'list', '--help'], 'Usage: d1-runbook backup '],
    [['help', 'show'], 'Usage: d1-runbook show'],
    [['help'], 'Usage: d1-runbook [options] [command]'],
  ])('%j', async (args, said) => {
    const { code, stdout } = await runCli(args, projectFolder())
    expect(code).toBe(0)
    expect(stdout).toContain(said)
  })
})
