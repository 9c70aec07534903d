// A program of its own: it loads the SDK and webpack (half a second) only when there is something to bundle.
// usage: node bundle-workflows.mjs PACKAGE_ROOT
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker'

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
    logger: new DefaultLogger('WARN'),
  })
  const half = `${target}.${process.pid}.tmp`
  writeFileSync(half, code)
  renameSync(half, target)
}
