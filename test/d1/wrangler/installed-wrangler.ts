import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

const CACHE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '.d1-runbook', 'wranglers')

/** The script of a Wrangler that lies outside of the lock file; installed once, kept below `.d1-runbook`. */
export async function installedWrangler(version: string): Promise<string | undefined> {
  const folder = join(CACHE, version)
  const script = join(folder, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  if (existsSync(script)) return script
  mkdirSync(folder, { recursive: true })
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const run = await execa(
    npm,
    ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `wrangler@${version}`],
    {
      cwd: folder,
      reject: false,
      timeout: 400_000,
      env: { npm_config_fetch_retries: '1', npm_config_fetch_timeout: '20000' },
    },
  )
  if (!run.failed && existsSync(script)) return script
  console.warn(
    `Wrangler ${version} is left out of the matrix, as npm could not install it:\n${run.stderr.slice(-500)}`,
  )
  return undefined
}
