import { findTemporalBinaries } from '../src/temporal/binaries.js'

/** Before any test: Temporal's programs are here, and every test process is told where. */
export async function setup(): Promise<void> {
  const { cli, testServer } = await findTemporalBinaries()
  process.env['D1_RUNBOOK_TEMPORAL_CLI'] = cli
  process.env['D1_RUNBOOK_TEMPORAL_TEST_SERVER'] = testServer
}
