// Installs the package as a stranger does, in an empty folder with a Wrangler file of its own, and walks through it:
// doctor, validate, plan, dev, start, and a program with d1-runbook/client.
// usage: node scripts/try-package.mjs [--list] [--keep]      --list prints every file; --keep leaves the folder
import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFor } from '../setup/build.mjs'
import { runNpm } from '../setup/npm.mjs'
import { packageRoot } from '../setup/places.mjs'
import { setUp } from '../setup/steps.mjs'

const LIMIT_MS = 600_000
const NPM = { limitMs: LIMIT_MS, say: console.log }
const MB = 1_000_000
const FILES = {
  'package.json': '{ "name": "stranger", "private": true, "type": "module" }\n',
  'wrangler.jsonc': `{
  "name": "stranger",
  "d1_databases": [{ "binding": "DB", "database_name": "notes", "database_id": "5f0c6f9e-2f43-4a6f-9b0e-6b8b6b1c2d3e" }]
}
`,
  // What is watched needs no day here.
  'runbook.config.json': JSON.stringify({
    environments: {
      local: {
        monitoring: { baselineSamples: 2, baselinePause: 1, schedule: ['5m', '10m'], timeScale: 3600 },
      },
    },
  }),
  'migrations/0001_notes.sql': 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);\n',
  'migrations/0002_author.sql': 'ALTER TABLE notes ADD COLUMN author TEXT;\n',
  'look.mjs': `import { connectRunbook } from 'd1-runbook/client'
const runbook = await connectRunbook()
console.log(JSON.stringify((await runbook.list()).map(({ outcome }) => outcome)))
await runbook.close()
`,
}

const FOREIGN = /^(TEMPORAL|CLOUDFLARE|CF_|D1_RUNBOOK_(?!TEMPORAL_CLI))/

/** A file that has two names, as the binaries of workerd and esbuild have, is counted once. */
const counted = new Set()

const options = process.argv.slice(2)
if (!(await setUp(['deps', 'build']))) process.exit(1)
const node = nodeFor(packageRoot)
// What is used here needs the Node that the product needs.
if (realpathSync(node) !== realpathSync(process.execPath)) {
  process.exit(spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1)
}
const { execa } = await import('execa')
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'd1-runbook-stranger-')))
const launcher = join(folder, 'node_modules', 'd1-runbook', 'bin', 'd1-runbook.mjs')

try {
  await install(await pack())
  await walk()
  console.log('The package works where it was installed.')
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  if (options.includes('--keep')) console.log(`Kept: ${folder}`)
  else rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

async function pack() {
  const destination = join(folder, 'packed')
  mkdirSync(destination)
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', destination]
  const { output } = demand('npm pack', await runNpm(args, { ...NPM, cwd: packageRoot, label: 'npm pack' }))
  const [{ filename, size, unpackedSize, files }] = JSON.parse(output.slice(output.indexOf('[')))
  console.log(`packed    ${mb(size)} MB, unpacked ${mb(unpackedSize)} MB, ${files.length} files`)
  const rooms = Map.groupBy(files, ({ path }) => path.split('/').slice(0, 2).join('/'))
  for (const [room, inside] of options.includes('--list')
    ? files.map((file) => [file.path, [file]])
    : rooms) {
    console.log(`          ${room}  ${inside.length}  ${(sum(inside) / 1000).toFixed(1)} kB`)
  }
  return join(destination, filename)
}

async function install(tarball) {
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const started = Date.now()
  demand('npm install', await runNpm(['install', tarball], { ...NPM, cwd: folder, label: 'npm install' }))
  const parts = packagesOf(join(folder, 'node_modules')).map((path) => ({ path, size: sizeOf(path) }))
  const seconds = Math.round((Date.now() - started) / 1000)
  console.log(`installed ${mb(sum(parts))} MB in ${seconds} s, ${parts.length} packages; the largest:`)
  const largest = parts.sort((a, b) => b.size - a.size).slice(0, 12)
  for (const { path, size } of largest) {
    console.log(
      `          ${mb(size).padStart(6)} MB  ${path.slice(folder.length + '/node_modules/'.length)}`,
    )
  }
}

async function walk() {
  await run('validate', ['validate', '--json'])
  await run('plan', ['plan', '--json'])
  const dev = await startDev()
  try {
    await run('doctor', ['doctor', '--json'])
    const view = await run('start', ['start', '--yes', '--wait', '--json'])
    if (view.outcome !== 'completed') throw new Error(`start ended as ${view.outcome}: ${view.message}`)
    const seen = await run('client', [], join(folder, 'look.mjs'))
    if (seen[0] !== 'completed') throw new Error(`the client saw ${JSON.stringify(seen)}`)
  } finally {
    dev.kill('SIGINT')
  }
  const { exitCode, stderr } = await dev.ended
  if (exitCode !== 0) throw new Error(`dev ended with exit code ${exitCode}:\n${stderr}`)
  console.log('ok        dev')
}

/** The JSON that a program prints. Throws with what it said when it does not end well. */
async function run(name, args, script = launcher) {
  const { failed, message, durationMs, stdout } = await start([script, ...args], { timeout: LIMIT_MS })
  if (failed) throw new Error(`${name}: ${message}`)
  console.log(`ok        ${name} (${(durationMs / 1000).toFixed(1)} s)`)
  return JSON.parse(stdout)
}

/** Nothing of this machine's own Temporal or Cloudflare: what runs is what was installed. */
function start(args, more = {}) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)))
  return execa(node, args, { cwd: folder, env, extendEnv: false, reject: false, stdin: 'ignore', ...more })
}

async function startDev() {
  const dev = start([launcher, 'dev'])
  let said = ''
  await new Promise((resolve, reject) => {
    dev.stderr.on('data', (chunk) => {
      said += chunk
      if (/Worker +polls/.test(said)) resolve()
    })
    dev.then(() => reject(new Error(`dev ended:\n${said}`)), reject)
  })
  // Awaited, it would be waited for.
  return { kill: (signal) => dev.kill(signal), ended: dev }
}

function demand(name, result) {
  if (result.ok) return result
  throw new Error(`${name} ${result.reason}\n${result.output}`)
}

function packagesOf(modules) {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? packagesOf(join(modules, name)) : [join(modules, name)]))
}

function sizeOf(path) {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) {
    if (stat.nlink > 1 && counted.has(stat.ino)) return 0
    counted.add(stat.ino)
    return stat.size
  }
  return readdirSync(path).reduce((total, name) => total + sizeOf(join(path, name)), 0)
}

function sum(items) {
  return items.reduce((total, { size }) => total + size, 0)
}

function mb(bytes) {
  return (bytes / MB).toFixed(1)
}
