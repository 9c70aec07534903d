// Makes a bare clone ready: dependencies, a Node that is new enough, the build, Temporal's programs. Safe to run at
// any time; does only what is missing. Plain JavaScript without dependencies: it runs before there are any.
// usage: node setup/main.mjs [--quiet] [--only deps|build|temporal|temporal-cli|temporal-test-server] [--print-paths]
import { parseArgs } from 'node:util'
import { STEPS, setUp } from './steps.mjs'
import { findTemporal } from './temporal.mjs'

const TEMPORAL = STEPS.filter((step) => step.startsWith('temporal-'))
const GROUPS = { deps: ['deps'], build: ['deps', 'build'], temporal: TEMPORAL }

process.exitCode = await main()

/** 0 ready, 1 something could not be provided, 2 wrong usage. */
async function main() {
  const options = readOptions()
  if (options === undefined) return 2
  if (!(await setUp(options.steps, { quiet: options.quiet }))) return 1
  if (options.printPaths) await printPaths(options.steps)
  else if (!options.quiet) console.error('set-up: ready')
  return 0
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        quiet: { type: 'boolean', default: false },
        only: { type: 'string' },
        'print-paths': { type: 'boolean', default: false },
      },
    })
    const steps =
      values.only === undefined
        ? STEPS
        : (GROUPS[values.only] ?? STEPS.filter((step) => step === values.only))
    if (steps.length === 0) throw new Error(`--only ${values.only}: there is no such step`)
    return { steps, quiet: values.quiet, printPaths: values['print-paths'] }
  } catch (error) {
    console.error(
      `${error.message}\nusage: node setup/main.mjs [--quiet] [--only ${Object.keys(GROUPS).join('|')}]`,
    )
    return undefined
  }
}

/** For our own programs: one JSON document that says where Temporal's programs are. */
async function printPaths(steps) {
  const paths = {}
  for (const step of steps.filter((step) => TEMPORAL.includes(step))) paths[step] = await findTemporal(step)
  console.log(JSON.stringify(paths))
}
