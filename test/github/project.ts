import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { localDatabaseFile } from '../../src/d1/read/local-file.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { projectFolder } from '../config/project-folder.js'
import { LEDGER_SQL } from '../d1/local-target.js'

const ID = 'the-archive'
export const FIRST = 'CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);\n'

export interface GitProject {
  /** Root of the repository. */
  root: string
  /** Folder of the Wrangler file, one below the root. */
  folder: string
  git: (...args: string[]) => string
  /** Writes files below the project's folder and commits them on a branch; returns the commit. The checkout stays on `main`. */
  commit: (branch: string, files: Record<string, string | null>) => string
  /** Runs SQL on the local database, as somebody else does it. */
  change: (sql: string) => void
}

/** A repository whose project lies below its root, `0001_a.sql` applied to its local database. */
export function gitProject(files: Record<string, string> = {}): GitProject {
  const root = projectFolder()
  const folder = path.join(root, 'api')
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  const write = (all: Record<string, string | null>): void => {
    for (const [name, content] of Object.entries(all)) {
      const file = path.join(folder, name)
      mkdirSync(path.dirname(file), { recursive: true })
      if (content === null) git('rm', '-q', '--', path.join('api', name))
      else writeFileSync(file, content)
    }
  }
  git('init', '-q', '-b', 'main')
  git('config', 'user.name', 'Ada')
  git('config', 'user.email', 'ada@example.com')
  git('config', 'core.autocrlf', 'false')
  mkdirSync(folder, { recursive: true })
  write({
    'wrangler.toml': `[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\ndatabase_id = "${ID}"\n`,
    '.gitignore': '.wrangler\n.d1-runbook\nbackups\n',
    'migrations/0001_a.sql': FIRST,
    ...files,
  })
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
  const file = localDatabaseFile({ persistTo: path.join(folder, '.wrangler', 'state'), databaseId: ID })
  const change = (sql: string): void => {
    mkdirSync(path.dirname(file), { recursive: true })
    const database = openSqlite(file)
    database.exec(sql)
    database.close()
  }
  change(`${FIRST} ${LEDGER_SQL} INSERT INTO d1_migrations (name) VALUES ('0001_a.sql');`)
  return {
    ...{ root, folder, git, change },
    commit(branch, all) {
      const there = git('branch', '--list', branch) !== ''
      git('checkout', '-q', ...(there ? [branch] : ['-b', branch, 'main']))
      write(all)
      git('add', '-A')
      git('commit', '-q', '--allow-empty', '-m', 'change')
      const commit = git('rev-parse', 'HEAD')
      git('checkout', '-q', 'main')
      return commit
    },
  }
}
