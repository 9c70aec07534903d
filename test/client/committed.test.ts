import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkCommitted } from '../../src/client/committed.js'
import type { Check } from '../../src/contract/run.js'
import type { Target } from '../../src/contract/target.js'
import { readMigrationFiles } from '../../src/d1/migrations/migration-files.js'
import { projectFolder } from '../config/project-folder.js'

const FILES = {
  'migrations/0001_a.sql': 'CREATE TABLE a (id INTEGER);\n',
  'migrations/0002_é b.sql': 'SELECT 1;\n',
}

function git(folder: string, ...args: string[]): void {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'protocol.file.allow=always']
  execFileSync('git', [...who, ...args], { cwd: folder, stdio: 'ignore' })
}

function repository(files: Record<string, string> = FILES): string {
  const folder = projectFolder(files)
  git(folder, 'init')
  git(folder, 'add', '--all')
  git(folder, 'commit', '-m', 'all')
  return folder
}

async function checked(folder: string, migrations = 'migrations'): Promise<Check> {
  const migrationsDir = path.join(folder, migrations)
  const target = { projectDir: folder, migrationsDir } as Target
  return checkCommitted(target, await readMigrationFiles(migrationsDir))
}

const write = (folder: string, name: string, text: string): void =>
  writeFileSync(path.join(folder, name), text)

describe('"Migration files are committed" passes', () => {
  it.each<[string, (folder: string) => void]>([
    ['for files that the commit holds byte for byte', () => undefined],
    ['whatever else in the project is changed', (it) => write(it, 'notes.txt', 'x')],
    [
      'whatever the index says, since the commit is what was reviewed',
      (it) => git(it, 'rm', '--cached', 'migrations/0001_a.sql'),
    ],
    ['for files that are ignored, and committed all the same', (it) => write(it, '.gitignore', '*.sql\n')],
    ['on a detached commit', (it) => git(it, 'checkout', '--detach')],
  ])('%s', async (_what, change) => {
    const folder = repository()
    change(folder)
    expect(await checked(folder)).toMatchObject({
      state: 'passed',
      message: expect.stringMatching(/^all 2 files are in commit [0-9a-f]{40}, byte for byte$/),
    })
  })

  it('for files of a submodule that its own commit holds', async () => {
    const inner = repository({ '0001_a.sql': 'SELECT 1;\n' })
    const folder = repository({ 'readme.txt': '' })
    git(folder, 'submodule', 'add', inner, 'sql')
    expect(await checked(folder, 'sql')).toMatchObject({ state: 'passed' })
  })
})

describe('"Migration files are committed" warns', () => {
  it.each<[string, (folder: string) => void, RegExp]>([
    ['of an untracked file', (it) => write(it, 'migrations/0003_c.sql', 'x'), /not in commit .*0003_c/],
    [
      'of an ignored one',
      (it) => {
        write(it, '.gitignore', '*.sql\n')
        write(it, 'migrations/0003_c.sql', 'x')
      },
      /not in commit .*0003_c/,
    ],
    [
      'of one that is only staged',
      (it) => {
        write(it, 'migrations/0003_c.sql', 'x')
        git(it, 'add', '--all')
      },
      /not in commit .*0003_c/,
    ],
    ['of a changed one', (it) => write(it, 'migrations/0001_a.sql', 'x'), /other bytes .*0001_a/],
    [
      'of a changed one that git is told to assume unchanged',
      (it) => {
        git(it, 'update-index', '--assume-unchanged', 'migrations/0001_a.sql')
        write(it, 'migrations/0001_a.sql', 'x')
      },
      /other bytes .*0001_a/,
    ],
    [
      'of a changed one that a sparse checkout skips',
      (it) => {
        git(it, 'update-index', '--skip-worktree', 'migrations/0001_a.sql')
        write(it, 'migrations/0001_a.sql', 'x')
      },
      /other bytes .*0001_a/,
    ],
    [
      'of line ends that a filter rewrites',
      (it) => {
        git(it, 'config', 'core.autocrlf', 'input')
        write(it, 'migrations/0001_a.sql', 'CREATE TABLE a (id INTEGER);\r\n')
      },
      /other bytes .*0001_a/,
    ],
  ])('%s', async (_what, change, says) => {
    const folder = repository()
    change(folder)
    expect(await checked(folder)).toMatchObject({ state: 'warned', message: expect.stringMatching(says) })
  })

  it('of a repository without a commit', async () => {
    const folder = projectFolder(FILES)
    git(folder, 'init')
    expect(await checked(folder)).toMatchObject({
      state: 'warned',
      message: expect.stringContaining('no commit'),
    })
  })
})

it('says that it is not known where there is no repository', async () => {
  expect(await checked(projectFolder(FILES))).toMatchObject({
    state: 'skipped',
    message: expect.stringMatching(/^not known/),
  })
})
