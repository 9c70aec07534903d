// `npm test`: set-up, checks, all tests, and one closing line that a machine can read. With lanes or arguments: only those tests.
// usage: node scripts/test.mjs [LANE...] [VITEST ARGUMENT...]
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { check } from './check.mjs'
import { nodeFor } from '../setup/build.mjs'
import { packageRoot } from '../setup/places.mjs'
import { STEPS, setUp } from '../setup/steps.mjs'
import { closingLine, countTests } from './test-counts.mjs'

/** As in test/lanes.ts. */
const LANES = ['unit', 'temporal', 'd1', 'wrangler', 'e2e', 'cluster']
/** Needs programs that not every machine has. */
const ONLY_BY_NAME = ['cluster']

process.exitCode = await main(process.argv.slice(2))

async function main(args) {
  const lanes = args.filter((arg) => LANES.includes(arg))
  // Units need the dependencies only: no build, and nothing of Temporal's.
  const steps = lanes.length > 0 && lanes.every((lane) => lane === 'unit') ? ['deps'] : STEPS
  if (!(await setUp(steps))) {
    console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }))
    return 1
  }
  // Beside the tests, which wait much for servers and clocks: one check at a time takes what they leave.
  const checking = args.length > 0 ? Promise.resolve([]) : check(undefined, { atATime: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-test-'))
  try {
    const report = join(folder, 'vitest.json')
    const exitCode = await runVitest(report, [
      ...(lanes.length > 0 ? lanes : ONLY_BY_NAME.map((lane) => `!${lane}`)).flatMap((lane) => [
        '--project',
        lane,
      ]),
      ...args.filter((arg) => !LANES.includes(arg)),
    ])
    const counts = countTests(report, exitCode)
    const failedChecks = await checking
    if (failedChecks.length > 0) console.log(`Checks that failed: ${failedChecks.join(', ')}`)
    // A failed check counts like a failed test: the line and the exit code never disagree.
    const all = { ...counts, failed: counts.failed + failedChecks.length }
    console.log(closingLine(all))
    return all.failed === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns {Promise<number>} vitest's exit code, 1 when a signal ended it */
function runVitest(report, extra) {
  const vitest = join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs')
  const args = [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...extra,
  ]
  const bin = join(packageRoot, 'node_modules', '.bin')
  const child = spawn(nodeFor(packageRoot), args, {
    cwd: packageRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Programs that the tests start as `node` get the same Node.
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`vitest did not start: ${error.message}`)
      resolve(1)
    })
    child.once('close', (code) => resolve(code ?? 1))
  })
}
