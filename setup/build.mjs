import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from './command.mjs'
import { SetupFailure, lastLines } from './failure.mjs'
import { findProvidedNode, runningNodeServes } from './node-version.mjs'

const COMPILE_LIMIT_MS = 300_000
const BUNDLE_LIMIT_MS = 300_000
const SOURCES = ['src', 'sample']
const CONFIGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
const BUNDLER = fileURLToPath(new URL('./bundle-workflows.mjs', import.meta.url))

/** The published package has no sources: what it ships in `dist` is what there is. */
export function isCheckout(root) {
  return existsSync(join(root, 'tsconfig.build.json')) && existsSync(join(root, 'src'))
}

export function buildIsFresh(root) {
  try {
    return readFileSync(stampFile(root), 'utf8') === sourcesHash(root)
  } catch {
    return false
  }
}

/** Compiles into `dist` and bundles the workflow code once, so that no worker has to. Throws `SetupFailure`. */
export async function build(root, say) {
  say('building')
  // Taken before: a file saved while we compile makes the build stale, never falsely fresh.
  const hash = sourcesHash(root)
  rmSync(stampFile(root), { force: true })
  removeOrphans(root)
  const node = nodeFor(root)
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await step(node, [compiler, '-p', 'tsconfig.build.json'], {
    root,
    say,
    label: 'tsc',
    limitMs: COMPILE_LIMIT_MS,
  })
  await step(node, [BUNDLER, root], { root, say, label: 'workflow bundle', limitMs: BUNDLE_LIMIT_MS })
  writeFileSync(stampFile(root), hash)
}

/** The Node that runs our tools: the running one when it is new enough, else the one that the set-up installed. */
export function nodeFor(root) {
  return runningNodeServes() ? process.execPath : (findProvidedNode(root) ?? process.execPath)
}

async function step(node, args, { root, say, label, limitMs }) {
  const result = await runCommand(node, args, { cwd: root, limitMs, label, say })
  if (result.ok) return
  throw new SetupFailure(`the build failed: ${label} ${result.reason}\n${lastLines(result.output, 30)}`, {
    advice: 'Correct what it names, then run `npm run build`.',
  })
}

const stampFile = (root) => join(root, 'dist', '.sources')

/** SHA-256 over names and bytes of all that goes into `dist`. */
export function sourcesHash(root) {
  const hash = createHash('sha256')
  const files = SOURCES.flatMap((folder) => filesBelow(join(root, folder)))
  for (const file of [...CONFIGS.map((name) => join(root, name)), ...files]) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
}

/** What an earlier build wrote for a source that is gone: a deleted module must not be found any more. */
function removeOrphans(root) {
  for (const folder of SOURCES) {
    for (const file of filesBelow(join(root, 'dist', folder))) {
      const source = join(root, relative(join(root, 'dist'), file)).replace(
        /\.(?:js|d\.ts)(?:\.map)?$/,
        '.ts',
      )
      if (!existsSync(source)) rmSync(file, { force: true })
    }
  }
}
