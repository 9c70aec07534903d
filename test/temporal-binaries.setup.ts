import { provideTemporal } from '../src/temporal/binaries.js'

/** Before any test: Temporal's programs are here, and every test process is told where. */
export async function setup(): Promise<void> {
  const say = (line: string) => console.error(line)
  process.env['D1_RUNBOOK_TEMPORAL_CLI'] = await provideTemporal('temporal-cli', say)
  process.env['D1_RUNBOOK_TEMPORAL_TEST_SERVER'] = await provideTemporal('temporal-test-server', say)
}
