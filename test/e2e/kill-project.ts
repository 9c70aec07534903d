import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { startCloudflareApi } from '../../sample/cloudflare-api/index.js'
import type { RunbookConfigInput } from '../../src/config/schema.js'
import { FIRST, LEDGER, readLedger, type LocalProject } from './project.js'

/** A project whose database is of one environment, with what its commands find in theirs. */
export type KillProject = Omit<LocalProject, 'databaseId'> & {
  environment: string
  variables: Record<string, string>
  close: () => Promise<void>
}

/** As `createLocalProject`, but of a database of the local Cloudflare API, as strict as it is. */
export async function createRemoteProject(options: {
  folder: string
  databaseId: string
  environment: string
  pending: Record<string, string>
  config: RunbookConfigInput
}): Promise<KillProject> {
  const { folder, databaseId, environment, pending, config } = options
  mkdirSync(path.join(folder, 'migrations'), { recursive: true })
  const write = (name: string, content: string): void => writeFileSync(path.join(folder, name), content)
  const database = { binding: 'DB', database_name: 'archive', database_id: databaseId }
  write(
    'wrangler.json',
    JSON.stringify({ name: 'app', env: { [environment]: { d1_databases: [database] } } }),
  )
  write('runbook.config.json', JSON.stringify(config))
  for (const [name, sql] of Object.entries({ '0001_users.sql': FIRST, ...pending }))
    write(path.join('migrations', name), sql)
  const sql = `${FIRST} ${LEDGER} INSERT INTO users (name) VALUES ('Zoë'), ('Ann');
    INSERT INTO d1_migrations (name) VALUES ('0001_users.sql');`
  const api = await startCloudflareApi({
    dir: path.join(folder, 'cloudflare'),
    databases: [{ id: databaseId, name: 'archive', sql }],
  })
  const wrangler = { XDG_CONFIG_HOME: path.join(folder, 'wrangler'), WRANGLER_SEND_METRICS: 'false' }
  return {
    ...{ folder, environment, variables: { ...api.env, ...wrangler } },
    database: (work) => work(api.database(databaseId)),
    ledger: () => readLedger(api.database(databaseId)),
    close: () => api.close(),
  }
}
