import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'
import { startWrangler, type WranglerSaid } from './resident-wrangler.js'

/** A project on disk whose Wrangler talks to an API of its own. */
export interface WranglerProject {
  api: CloudflareApi
  folder: string
  write(file: string, content: string): void
  run(...args: string[]): Promise<WranglerSaid>
  /** The same in a process of its own, as people start it. */
  spawn(...args: string[]): Promise<{ exitCode: number | undefined; all: string }>
  /** The ledger, as the database holds it. */
  applied(): string[]
  close(): Promise<void>
}

export const DATABASE_ID = '00000000-0000-4000-8000-00000000aa01'

/** The `wrangler` of this package. */
export function bundledWrangler(): string {
  return join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin', 'wrangler.js')
}

/** `wrangler` is the script of a version; the folder's name holds a space and letters beyond ASCII on purpose. */
export async function createWranglerProject(wrangler: string): Promise<WranglerProject> {
  const root = mkdtempSync(join(tmpdir(), 'd1-runbook-wrangler-'))
  const folder = join(root, 'Projekt übung 1')
  mkdirSync(join(folder, 'migrations'), { recursive: true })
  const api = await startCloudflareApi({
    dir: join(root, 'api'),
    databases: [{ id: DATABASE_ID, name: 'production' }],
  })
  const write = (file: string, content: string): void => writeFileSync(join(folder, file), content)
  write('wrangler.json', JSON.stringify(CONFIG))
  const env = { ...api.env, WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: join(root, 'config') }
  const resident = startWrangler(wrangler, env)
  return {
    api,
    folder,
    write,
    run: (...args) => resident.run(folder, args),
    spawn: async (...args) => {
      const { exitCode, all } = await execa(process.execPath, [wrangler, ...args], {
        ...{ cwd: folder, env: { CI: 'true', ...env } },
        ...{ all: true, reject: false, stdin: 'ignore', timeout: 400_000 },
      })
      return { exitCode, all }
    },
    applied: () =>
      api
        .database(DATABASE_ID)
        .prepare('SELECT name FROM d1_migrations ORDER BY id')
        .all()
        .map(({ name }) => String(name)),
    close: async () => {
      await resident.close()
      await api.close()
      rmSync(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const CONFIG = {
  name: 'project',
  compatibility_date: '2025-01-01',
  d1_databases: [{ binding: 'DB', database_name: 'production', database_id: DATABASE_ID }],
}

/** Three files as people write them, with `;` and `--` inside of texts and a trigger, so that bad splitting shows. */
export const MIGRATIONS: Record<string, string> = {
  '0001_notes.sql':
    "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL);\nINSERT INTO notes(text) VALUES ('a;b');\n",
  '0002_log.sql':
    'CREATE TABLE log(note);\nCREATE TRIGGER logged AFTER INSERT ON notes BEGIN INSERT INTO log VALUES (new.id); END;\n',
  '0003_more.sql': "INSERT INTO notes(text) VALUES ('it''s -- no comment');\n",
}
