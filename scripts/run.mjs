// Runs one of our commands from a bare clone: sets up what the command needs, then hands over to the launcher.
// usage: node scripts/run.mjs COMMAND [ARGUMENT...]
import { setUp } from '../setup/steps.mjs'

/** Commands that start a Temporal server themselves. */
const WITH_SERVER = ['demo', 'dev']

const args = process.argv.slice(2)
const steps = ['deps', 'build', ...(args.some((arg) => WITH_SERVER.includes(arg)) ? ['temporal-cli'] : [])]
if (await setUp(steps)) await import('../bin/d1-runbook.mjs')
else process.exitCode = 2
