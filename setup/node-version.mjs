import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Wrangler accepts 22.12; the built-in SQLite has functions and iterators from 22.13 on. */
export const OLDEST_NODE = '22.13'
/** What the set-up installs where the running Node is older. */
export const PROVIDED_NODE = '22.23.3'

export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 13)
}

/** Whether the Node that runs this can run what we start, too: `npm ci` removes the one that an earlier set-up installed, also while it runs. */
export function runningNodeServes() {
  return isNewEnough(process.version) && existsSync(process.execPath)
}

const platformName = process.platform === 'win32' ? 'win' : process.platform
/** The package that holds the binary itself; `node` fetches it in an install script, which some people turn off. */
export const platformPackage = `node-${platformName}-${process.arch}`

/** Path of the Node that the set-up put into our `node_modules`, or undefined. */
export function findProvidedNode(root) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  return [
    join(root, 'node_modules', 'node', 'bin', name),
    join(root, 'node_modules', platformPackage, 'bin', name),
  ].find((path) => existsSync(path))
}

/** What `path --version` answers, or undefined when it does not run here (wrong libc, wrong processor). */
export function versionOf(path) {
  try {
    return execFileSync(path, ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return undefined
  }
}
