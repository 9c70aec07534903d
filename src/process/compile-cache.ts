import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PRIVATE_FOLDER } from './private-files.js'

/**
 * Folder in which Node keeps what it made of our JavaScript and Wrangler's, for the next process: a Wrangler of 15 MB then starts with
 * a quarter less work. Whoever writes there decides what we run, so it is this user's alone: undefined where the place is another
 * one's, or open to others. A folder that the user named, by Node's own variable, is taken as it is.
 */
export function compileCache(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['NODE_COMPILE_CACHE']
  if (named !== undefined && named !== '') return named
  const user = process.getuid?.()
  const folder = join(tmpdir(), `d1-runbook-compile-cache${user === undefined ? '' : `-${user}`}`)
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER, recursive: true })
    const { uid, mode } = lstatSync(folder)
    // Windows has a folder for temporary files a user, and no modes.
    return user === undefined || (uid === user && (mode & 0o077) === 0) ? folder : undefined
  } catch {
    return undefined
  }
}
