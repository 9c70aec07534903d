// Starts the migration of an environment and stays with it until it is over; the exit code says how it ended.
// usage: node start-and-wait.mjs [ENVIRONMENT] [NAME]      in the folder of the Wrangler file, while a worker runs
import { buildRequest, connectRunbook, exitCodeOf, RunbookError } from 'd1-runbook/client'

const [env = 'local', requester = 'Ada Lovelace'] = process.argv.slice(2)

try {
  const runbook = await connectRunbook()
  try {
    process.exitCode = await migrate(runbook)
  } finally {
    await runbook.close()
  }
} catch (error) {
  if (!(error instanceof RunbookError)) throw error
  console.error(`${error.type}: ${error.message}\n${error.advice}`)
  process.exitCode = 2
}

/** @param {import('d1-runbook/client').RunbookClient} runbook */
async function migrate(runbook) {
  // `preApproved`: the requester's approval at every gate where the policy lets them decide alone.
  const request = await buildRequest({ env, requester, preApproved: true, onProgress: console.error })
  const run = await runbook.start(request)
  console.log(`started ${run.workflowId}`)
  let exitCode = 0
  let said = ''
  for await (const view of runbook.watch(run, { onTrouble: console.error })) {
    const waiting = view.gates.filter(({ state }) => state === 'open').map(({ gate }) => gate)
    const line = `${view.outcome ?? view.phase}: ${view.message} ${waiting.join(', ')}`.trimEnd()
    if (line !== said) console.log(line)
    said = line
    exitCode = exitCodeOf(view)
  }
  return exitCode
}
