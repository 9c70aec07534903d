import { afterAll, beforeAll } from 'vitest'
import {
  startScratchEngine,
  type OpenScratch,
  type ScratchEngine,
} from '../../src/d1/scratch/scratch-workerd.js'

/** One workerd for all rehearsals of a test file, with room for that many: what `rehearseScenario` takes as its second argument. */
export function useOneEngine(databases: number): OpenScratch {
  let engine: ScratchEngine | undefined
  beforeAll(async () => {
    engine = await startScratchEngine(databases)
  })
  afterAll(async () => {
    await engine?.stop()
    await engine?.remove()
  })
  return async (options) => {
    if (engine === undefined) throw new Error('the engine runs while tests do')
    return engine.open(options)
  }
}
