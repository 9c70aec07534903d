import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'

/** A process of ours reads TypeScript only where it is told how; built, there is nothing to tell. */
export function useTypeScriptProcesses(): void {
  const given = [...process.execArgv]
  beforeAll(() => {
    process.execArgv.push('--import', fileURLToPath(import.meta.resolve('tsx')))
  })
  afterAll(() => {
    process.execArgv.splice(0, Infinity, ...given)
  })
}
