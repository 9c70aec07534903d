// A program of its own: it loads the SDK and webpack (half a second) only when there is something to bundle.
// usage: node bundle-workflows.mjs PACKAGE_ROOT
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker'

const [root] = process.argv.slice(2)
const target = join(root, 'dist', 'workflow-bundle.js')

const { code } = await bundleWorkflowCode({
  workflowsPath: join(root, 'dist', 'src', 'workflows', 'index.js'),
  logger: new DefaultLogger('WARN'),
})
const half = `${target}.${process.pid}.tmp`
writeFileSync(half, code)
renameSync(half, target)
