import { join } from 'node:path'
import { build, buildIsFresh, isCheckout } from './build.mjs'
import {
  dependenciesAreFresh,
  installDependencies,
  nodeIsProvided,
  provideNode,
  stampDependencies,
} from './dependencies.mjs'
import { SetupFailure } from './failure.mjs'
import { withLock } from './lock.mjs'
import { packageRoot } from './places.mjs'
import { provideTemporal } from './temporal.mjs'

/** The parts of the set-up, in the order in which they need each other. */
export const STEPS = ['deps', 'build', 'temporal-cli', 'temporal-test-server']

/**
 * Makes the wanted steps true, doing only what is missing. Speaks on stderr, so that stdout stays the command's own.
 * @param {string[]} wanted of {@link STEPS}
 * @param {{quiet?: boolean, root?: string}} [options]
 * @returns {Promise<boolean>} false when a step failed; the one message about it has been written
 */
export async function setUp(wanted, { quiet = false, root = packageRoot } = {}) {
  const say = quiet ? () => {} : (line) => console.error(`set-up: ${line}`)
  try {
    if (isCheckout(root)) await prepareCheckout(root, wanted, say)
    const tools = wanted.filter((step) => step.startsWith('temporal-'))
    const results = await Promise.allSettled(tools.map((step) => provideTemporal(step, { root, say })))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    return true
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error
    console.error(`set-up failed: ${error.message}`)
    if (error.advice) console.error(`What to do: ${error.advice}`)
    return false
  }
}

async function prepareCheckout(root, wanted, say) {
  if (wanted.includes('deps')) await prepareDependencies(root, say)
  if (wanted.includes('build') && !buildIsFresh(root)) {
    await locked(root, 'build', say, async () => {
      if (!buildIsFresh(root)) await build(root, say)
    })
  }
}

async function prepareDependencies(root, say) {
  if (!dependenciesAreFresh(root)) {
    await locked(root, 'install', say, async () => {
      if (!dependenciesAreFresh(root)) await installDependencies(root, say)
    })
  }
  if (!nodeIsProvided(root)) {
    await locked(root, 'install', say, async () => {
      if (!nodeIsProvided(root)) await provideNode(root, say)
    })
  }
  stampDependencies(root)
}

/** Locks live beside `node_modules`, which an install empties. */
function locked(root, name, say, work) {
  return withLock(join(root, '.d1-runbook', `${name}.lock`), work, { say })
}
