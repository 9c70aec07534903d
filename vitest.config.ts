import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { LANES, longestFirst } from './test/lanes.js'

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(files))
  }
}

// For the test processes and all that they start: most of what these compute is the same JavaScript made ready to run once more.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')

export default defineConfig({
  test: {
    projects: LANES,
    // The built command line runs as it ships.
    server: { deps: { external: [/\/dist\/src\//] } },
    // Temporal's runtime is native and one a process: no threads.
    pool: 'forks',
    // Of two cores: tests that start Temporal wait for it a fifth of their time, in which a third one works.
    maxWorkers: 3,
    setupFiles: ['test/temporary-folder.setup.ts'],
    // Time-skipping moves the clock of a whole server: within a file tests run one after the other.
    sequence: { concurrent: false, sequencer: LongestFirst },
    // How long something takes on a busy machine decides nothing. These end what hangs, so a test needs no limit of its own.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000, interval: 100 } },
    // Node's built-in SQLite announces itself as experimental in every process.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
})
