import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { buildIfStale } from '../e2e/processes.js'

const TSX = import.meta.resolve('tsx')
/** Node has hooks without a thread of their own since 22.15. */
const BUILT = 'registerHooks' in module ? new URL('built.mjs', import.meta.url).href : TSX

/** A process of ours reads TypeScript only where it is told how; built, there is nothing to tell. */
export function useTypeScriptProcesses(): void {
  useImport(TSX)
}

/** The modules of `src` as processes of their own, run as they are built: to translate them costs more than the work that they do. */
export function useBuiltProcesses(): void {
  useImport(BUILT)
  beforeAll(buildIfStale, 300_000)
}

function useImport(url: string): void {
  const given = [...process.execArgv]
  beforeAll(() => {
    process.execArgv.push('--import', fileURLToPath(url))
  })
  afterAll(() => {
    process.execArgv.splice(0, Infinity, ...given)
  })
}
