import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupFailure, lastLines } from './failure.mjs'
import {
  OLDEST_NODE,
  PROVIDED_NODE,
  findProvidedNode,
  isNewEnough,
  platformPackage,
  runningNodeServes,
  versionOf,
} from './node-version.mjs'
import { runNpm } from './npm.mjs'

const INSTALL_LIMIT_MS = 600_000
const NODE_LIMIT_MS = 180_000
/** What `npm ci` prints when the lock file itself is at fault; only then may `npm install` resolve anew. */
const LOCK_AT_FAULT =
  /EUSAGE|can only install packages when your package\.json|Missing: .* from lock file|Invalid: lock file/

/** True when a checkout's `node_modules` is what its lock file says, for this operating system. */
export function dependenciesAreFresh(root) {
  return readStamp(root) === currentStamp(root) || installMatchesLock(root)
}

/** False where the running Node is too old, or gone, and no other was installed beside the dependencies. */
export function nodeIsProvided(root) {
  return runningNodeServes() || providedNodeRuns(root)
}

/** Installs the locked dependencies. `say` gets progress lines. Throws `SetupFailure`. */
export async function installDependencies(root, say) {
  say('installing dependencies (about a minute the first time)')
  const options = {
    cwd: root,
    limitMs: INSTALL_LIMIT_MS,
    say,
    env: { ...process.env, NODE_ENV: 'development' },
  }
  let result = await runNpm(['ci'], { ...options, label: 'npm ci' })
  if (!result.ok && LOCK_AT_FAULT.test(result.output)) {
    say(`npm ci refuses the lock file, so npm install resolves it anew:\n${lastLines(result.output, 6)}`)
    result = await runNpm(['install', '--no-save'], { ...options, label: 'npm install' })
  }
  if (!result.ok) {
    throw new SetupFailure(
      `the dependencies could not be installed: npm ${result.reason}\n${lastLines(result.output)}`,
      {
        advice: 'Check the network and the npm configuration (`npm ping`), then run `npm run setup` again.',
      },
    )
  }
  stampDependencies(root)
}

/** Remembers that what is installed now belongs to the present lock file. */
export function stampDependencies(root) {
  writeFileSync(stampFile(root), currentStamp(root))
}

/** Where the running Node is too old, or gone: puts a Node into `node_modules/.bin`, which `npm run` prefers. */
export async function provideNode(root, say) {
  const why = isNewEnough(process.version)
    ? `the Node ${process.version.slice(1)} that this runs on is gone, as after an install that removes it`
    : `this Node, ${process.version.slice(1)}, is older than ${OLDEST_NODE}`
  say(`${why}: installing Node ${PROVIDED_NODE} beside the dependencies`)
  const reasons = []
  for (const name of ['node', platformPackage]) {
    const label = `npm i ${name}@${PROVIDED_NODE}`
    const result = await runNpm(
      ['install', '--no-save', '--ignore-scripts=false', `${name}@${PROVIDED_NODE}`],
      {
        cwd: root,
        limitMs: NODE_LIMIT_MS,
        label,
        say,
      },
    )
    if (result.ok && providedNodeRuns(root)) return
    reasons.push(`  ${label}: ${result.reason || 'installed, but does not run on this machine'}`)
  }
  throw new SetupFailure(`${why}, and Node ${PROVIDED_NODE} could not be installed:\n${reasons.join('\n')}`, {
    advice: `Install Node ${OLDEST_NODE} or newer yourself, then run the same command again.`,
  })
}

function providedNodeRuns(root) {
  const path = findProvidedNode(root)
  const version = path === undefined ? undefined : versionOf(path)
  return version !== undefined && isNewEnough(version)
}

const stampFile = (root) => join(root, 'node_modules', '.d1-runbook-install')

function readStamp(root) {
  try {
    return readFileSync(stampFile(root), 'utf8')
  } catch {
    return undefined
  }
}

function currentStamp(root) {
  const lock = createHash('sha256').update(readLock(root)).digest('hex')
  return `${lock} ${process.platform}-${process.arch}\n`
}

/** Throws `SetupFailure` where a folder was copied, or cleaned, without it. */
function readLock(root) {
  try {
    return readFileSync(join(root, 'package-lock.json'), 'utf8')
  } catch (cause) {
    throw lockFailure(root, 'package-lock.json cannot be read', cause)
  }
}

function lockedPackages(root) {
  const text = readLock(root)
  try {
    return Object.entries(JSON.parse(text).packages)
  } catch (cause) {
    throw lockFailure(root, 'package-lock.json is no lock file of npm', cause)
  }
}

function lockFailure(root, what, cause) {
  const where = existsSync(join(root, '.git')) ? 'git checkout -- package-lock.json' : undefined
  return new SetupFailure(`${what}: which dependencies belong to ${root} is not known`, {
    advice:
      where === undefined
        ? `Copy package-lock.json from the checkout that ${root} was copied from, then run the same command again.`
        : `Run \`${where}\` in ${root}, then the same command again.`,
    cause,
  })
}

/** For a `node_modules` that a person installed or changed without us: npm's own record of it against the lock file. */
function installMatchesLock(root) {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const locked = lockedPackages(root)
  return locked.every(([path, { version, optional }]) => {
    if (path === '') return true
    const found = installed[path]
    return found === undefined ? optional === true : found.version === version && runsHere(found)
  })
}

function runsHere({ os, cpu }) {
  const allows = (list, value) =>
    list === undefined ||
    list.includes(value) ||
    list.every((item) => item.startsWith('!') && item !== `!${value}`)
  return allows(os, process.platform) && allows(cpu, process.arch)
}
