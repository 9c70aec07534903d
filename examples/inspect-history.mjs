// What was migrated, by whom, and on whose word: the newest runs of an environment, as JSON lines.
// usage: node inspect-history.mjs [ENVIRONMENT] [COUNT]      needs no worker for runs that are over
import { connectRunbook } from 'd1-runbook/client'

const [environment, count = '20'] = process.argv.slice(2)

const runbook = await connectRunbook()
try {
  for (const row of await runbook.list({ environment, limit: Number(count) })) {
    // What the workflow was started with and found, from its history; who decided, from its state.
    const { request, plan } = await runbook.history(row)
    const { outcome, migrations, gates } = await runbook.status(row)
    const line = {
      startedAt: row.startedAt,
      database: request?.target.database.name,
      requester: request?.requester,
      outcome,
      planHash: plan?.planHash,
      findings: plan?.findings.map(({ code, severity, migration }) => `${severity} ${code} ${migration}`),
      migrations: Object.fromEntries(migrations.map(({ name, state }) => [name, state])),
      decisions: gates.flatMap(({ gate, decisions }) =>
        decisions.map(({ actor, decision, at }) => `${at} ${gate}: ${decision} by ${actor}`),
      ),
    }
    console.log(JSON.stringify(line))
  }
} finally {
  await runbook.close()
}
