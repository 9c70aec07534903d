// A program of its own: it loads the SDK and webpack (half a second) only when there is something to bundle.
// usage: node bundle-workflows.mjs PACKAGE_ROOT
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker'
import Minimizer from 'minimizer-webpack-plugin'

const [root] = process.argv.slice(2)
const source = join(root, 'dist', 'src')

await bundle('workflow-bundle.js')
// The same, but failures are put into payloads, which a worker with keys encrypts.
await bundle('workflow-bundle-encrypted.js', join(source, 'temporal', 'codec', 'failure-converter.js'))

async function bundle(name, failureConverterPath) {
  const target = join(root, 'dist', name)
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(source, 'workflows', 'index.js'),
    workflowInterceptorModules: [join(source, 'workflows', 'trace-header.js')],
    ...(failureConverterPath === undefined ? {} : { failureConverterPath }),
    webpackConfigHook: minimized,
    logger: new DefaultLogger('WARN'),
  })
  const half = `${target}.${process.pid}.tmp`
  writeFileSync(half, withOwnNames(code))
  renameSync(half, target)
}

/**
 * A third of the size: a worker reads and compiles all of it. Functions and classes keep their names: workflows, errors and stacks are told by
 * them. Modules stay apart, each evaluated in its turn as before.
 */
function minimized(config) {
  const terserOptions = { keep_classnames: true, keep_fnames: true, format: { comments: false } }
  return {
    ...config,
    optimization: {
      ...{ providedExports: true, usedExports: true, sideEffects: true, concatenateModules: false },
      ...{ moduleIds: 'named', minimize: true },
      minimizer: [new Minimizer({ extractComments: false, parallel: false, terserOptions })],
    },
  }
}

/**
 * Without the names of its source map: of a minimized call they say what was called, and a stack would show that in place of the function that
 * called, whose own name is kept. A segment of a mapping has its name last, as a number of digits of which all but the last go on.
 */
function withOwnNames(code) {
  const at = code.lastIndexOf('base64,') + 'base64,'.length
  const map = JSON.parse(Buffer.from(code.slice(at).trim(), 'base64').toString('utf8'))
  const nameless = map.mappings.replaceAll(/[^,;]+/g, (segment) =>
    (segment.match(/[g-z0-9+/]*[A-Za-f]/g) ?? []).slice(0, 4).join(''),
  )
  const told = JSON.stringify({ ...map, names: [], mappings: nameless })
  return `${code.slice(0, at)}${Buffer.from(told).toString('base64')}\n`
}
