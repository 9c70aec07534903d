import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of this package: a checkout, or an installed copy inside somebody's `node_modules`. */
export const packageRoot = fileURLToPath(new URL('../', import.meta.url)).replace(/[\\/]$/, '')

/**
 * Where downloads are kept for all checkouts of this user. `D1_RUNBOOK_CACHE` moves it; otherwise the habit of the
 * operating system decides.
 */
export function cacheFolder(env = process.env, platform = process.platform) {
  if (env.D1_RUNBOOK_CACHE) return env.D1_RUNBOOK_CACHE
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'd1-runbook', 'Cache')
  }
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'd1-runbook')
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'd1-runbook')
}
