#!/usr/bin/env node
// Plain JavaScript that an old Node understands, so that it can say what is missing instead of failing to parse.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { OLDEST_NODE, findProvidedNode, isNewEnough, versionOf } from '../setup/node-version.mjs'
import { packageRoot } from '../setup/places.mjs'

const self = fileURLToPath(import.meta.url)
const BUILT = join(packageRoot, 'dist', 'src')
const ENTRY = join(BUILT, 'cli', 'main.js')

if (isNewEnough(process.version)) await runHere()
else continueOnProvidedNode()

async function runHere() {
  silenceSqliteWarning()
  if (!existsSync(ENTRY) && !(await buildCheckout())) return
  await keepCompiled()
  const { main } = await import(pathToFileURL(ENTRY).href)
  process.exitCode = await main(process.argv.slice(2))
}

/** Node calls its built-in SQLite experimental on every start; a person in a migration needs no such line. */
function silenceSqliteWarning() {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = (warning, ...rest) => {
    const text = typeof warning === 'string' ? warning : warning.message
    if (/SQLite is an experimental feature/.test(text)) return
    emitWarning(warning, ...rest)
  }
}

/** What Node makes of our JavaScript is kept for the next command. */
async function keepCompiled() {
  const file = join(BUILT, 'process', 'compile-cache.js')
  // An older build has none.
  if (!existsSync(file)) return
  const { compileCache } = await import(pathToFileURL(file).href)
  const folder = compileCache()
  if (folder !== undefined) module.enableCompileCache(folder)
}

async function buildCheckout() {
  const { setUp } = await import('../setup/steps.mjs')
  const done = await setUp(['deps', 'build'])
  if (!done) process.exitCode = 2
  return done
}

function continueOnProvidedNode() {
  const provided = findProvidedNode(packageRoot)
  const version = provided === undefined ? undefined : versionOf(provided)
  if (provided === undefined || version === undefined || !isNewEnough(version)) {
    console.error(
      `d1-runbook needs Node ${OLDEST_NODE} or newer; this is ${process.version}.\n` +
        'Install a newer Node, or run `npm run setup` in a checkout of d1-runbook, which brings its own.',
    )
    process.exitCode = 2
    return
  }
  console.error(
    `Node ${process.version.slice(1)} is older than ${OLDEST_NODE}; continuing with the Node ${version.slice(1)} that the set-up installed`,
  )
  continueOn(provided)
}

/** Runs this launcher under another Node: same terminal, signals passed on, same end. */
function continueOn(node) {
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' })
  // In a terminal Ctrl-C reaches the child by itself: passing it on would count twice.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => {
    console.error(`d1-runbook could not start ${node}: ${error.message}`)
    process.exitCode = 2
  })
  child.once('close', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
}
