import type { WorkerOptions } from '@temporalio/worker'
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../process/package-root.js'

/** Rooms whose code runs inside the workflow sandbox. */
const WORKFLOW_ROOMS = ['workflows', 'contract', 'runbook']

type WorkflowCode = Pick<
  WorkerOptions,
  'workflowBundle' | 'workflowsPath' | 'bundlerOptions' | 'interceptors'
>

/**
 * The workflow code for a worker: the bundle that the build made, or, where sources are newer than it, the sources, which
 * the worker then bundles itself in two to three seconds. `encrypted`: the same code, whose failures say nothing outside of
 * payloads (`codec/failure-converter.ts`).
 */
export function workflowCode({ root = packageRoot(), encrypted = false } = {}): WorkflowCode {
  const codePath = path.join(root, 'dist', encrypted ? 'workflow-bundle-encrypted.js' : 'workflow-bundle.js')
  if (existsSync(codePath) && newestSource(root) <= statSync(codePath).mtimeMs) {
    return { workflowBundle: { codePath } }
  }
  return {
    workflowsPath: path.join(root, 'src', 'workflows', 'index.ts'),
    interceptors: { workflowModules: [path.join(root, 'src', 'workflows', 'trace-header.ts')] },
    bundlerOptions: {
      // Our sources import each other as `.js`, the way they run after compiling.
      webpackConfigHook: (config) => ({
        ...config,
        resolve: { ...config.resolve, extensionAlias: { '.js': ['.ts', '.js'] } },
      }),
    },
  }
}

/** Last change of any workflow source, in milliseconds since 1970; 0 where the package was installed without sources. */
function newestSource(root: string): number {
  const times = WORKFLOW_ROOMS.flatMap((room) => {
    const folder = path.join(root, 'src', room)
    if (!existsSync(folder)) return []
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(path.join(folder, name)).mtimeMs,
    )
  })
  return Math.max(0, ...times)
}
