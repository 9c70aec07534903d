// A step of a deployment: migrates, and lets the new code out only once the database is proven to be migrated.
// usage: node ci-deploy.mjs ENVIRONMENT NAME [MINUTES]      exit 0: deploy. Anything else: do not; the reason is on stderr.
import { buildRequest, connectRunbook, exitCodeOf, RunbookError } from 'd1-runbook/client'

const [env = 'staging', requester = 'CI', minutes = '60'] = process.argv.slice(2)

try {
  const runbook = await connectRunbook()
  try {
    process.exitCode = await mayDeploy(runbook)
  } finally {
    await runbook.close()
  }
} catch (error) {
  if (!(error instanceof RunbookError)) throw error
  console.error(`${error.type}: ${error.message}\n${error.advice}`)
  process.exitCode = 2
}

/** @param {import('d1-runbook/client').RunbookClient} runbook */
async function mayDeploy(runbook) {
  const request = await buildRequest({ env, requester, preApproved: true, onProgress: console.error })
  const run = await runbook.start(request)
  console.error(`${run.workflowId} (run ${run.runId})`)
  const signal = AbortSignal.timeout(Number(minutes) * 60_000)
  for await (const view of runbook.watch(run, { signal, onTrouble: console.error })) {
    if (view.outcome !== null && view.outcome !== 'completed') return ended(view)
    // What follows is a day of monitoring, which needs no CI: the worker goes on with it.
    if (view.steps.some(({ step, state }) => step === 'validate' && state === 'done')) return 0
    if (view.gates.some(({ gate, state }) => gate === 'rollback' && state === 'open')) return ended(view)
  }
  console.error(`Nobody decided within ${minutes} minutes. The run goes on; this deployment does not.`)
  return 1
}

/** @param {import('d1-runbook/client').RunView} view */
function ended(view) {
  console.error(`${view.outcome ?? 'waits for people'}: ${view.message}`)
  return exitCodeOf(view) || 1
}
