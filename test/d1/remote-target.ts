import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { Target } from '../../src/contract/target.js'
import {
  startCloudflareApi,
  type CloudflareApi,
  type CloudflareApiOptions,
} from '../../sample/cloudflare-api/index.js'
import { temporaryFolder } from '../temporary-folder.js'

export const REMOTE_ID = '11111111-2222-4333-8444-555555555555'

/** A database of the local Cloudflare API, and this process' environment pointing there until the test ends. */
export async function remoteTarget(
  sql: string,
  options: Partial<CloudflareApiOptions> = {},
): Promise<{ target: Target; api: CloudflareApi }> {
  const databases = [{ id: REMOTE_ID, name: 'art-production', sql }]
  const api = await startCloudflareApi({ ...options, databases })
  for (const [name, value] of Object.entries(api.env)) vi.stubEnv(name, value)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await api.close()
  })
  const projectDir = temporaryFolder()
  const target: Target = {
    environment: 'production',
    production: true,
    database: { name: 'art-production', id: REMOTE_ID, remote: true },
    binding: 'DB',
    accountId: api.accountId,
    projectDir,
    wranglerConfig: join(projectDir, 'wrangler.toml'),
    wranglerEnv: 'production',
    migrationsDir: join(projectDir, 'migrations'),
    migrationsTable: 'd1_migrations',
    backupDir: join(projectDir, 'backups'),
  }
  return { target, api }
}
