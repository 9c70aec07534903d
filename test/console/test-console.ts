import os from 'node:os'
import { expect } from 'vitest'
import { createConsole } from '../../src/console/app.js'
import { Invitations } from '../../src/console/invitations.js'
import type { ConsoleOptions } from '../../src/console/options.js'
import type { ConsoleRuns } from '../../src/console/runs.js'
import { RunbookError } from '../../src/contract/failures.js'
import type { Person } from '../../src/contract/policy.js'
import type { RunRow } from '../../src/client/list.js'
import type { ReportInput } from '../../src/runbook/report/input.js'
import { decide, openGate, type GateState } from '../../src/workflows/gates.js'
import { newRunView } from '../../src/workflows/state.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { requestFor } from '../workflows/request.js'
import { TestBrowser } from './test-browser.js'

export const ORIGIN = 'http://localhost:7433'
export const AT = '2026-01-02T03:04:05.000Z'
export const RUN = { workflowId: 'migration/local/db', runId: 'run-1' }
export const QUERY = 'workflow=migration%2Flocal%2Fdb&run=run-1'
/** What people, files and databases can be called. */
export const ODD = `<script>alert(1)</script><img src=x onerror=alert(2)> "'&\u001B[31m\u202E`

/** A console over one run that waits at `plan`, whose gates are the workflow's own. */
export function openConsole({
  folder = os.tmpdir(),
  name = 'art-archive',
  environment = name,
  people = [],
  requester = 'Cay',
  more = {},
  options = {},
}: {
  /** Where links of `enroll` are kept. */
  folder?: string
  name?: string
  /** As lists of runs have it. */
  environment?: string
  people?: Person[]
  requester?: string
  more?: Partial<ConsoleRuns>
  options?: Partial<ConsoleOptions>
} = {}) {
  const ada = newPasskey()
  const everybody: Person[] = [{ name: 'Ada', roles: ['dba'], publicKeys: [ada.publicKey] }, ...people]
  const base = requestFor('db', { people: everybody, requester })
  const gates = Object.fromEntries(
    Object.entries(base.policy.gates).map(([gate, rules]) => [
      gate,
      { ...rules, roles: ['dba'], requirePresence: true },
    ]),
  ) as typeof base.policy.gates
  const target = { ...base.target, database: { ...base.target.database, name } }
  const request = { ...base, target, policy: { ...base.policy, requireSignatures: true, gates } }
  const view = { ...newRunView(request, { ...RUN, startedAt: AT }), planHash: 'a'.repeat(64) }
  const state: GateState = { request, view, mayRollBack: false }
  openGate(state, { gate: 'plan', shows: [`Database: ${name}`], at: AT })
  const row: RunRow = {
    ...{ ...RUN, status: 'RUNNING', environment, database: 'db', databaseName: name },
    ...{ phase: 'execute', outcome: null, planHash: view.planHash, startedAt: AT, closedAt: null },
  }
  const runs: ConsoleRuns = {
    inbox: ({ mayRead = () => true }) =>
      Promise.resolve({
        waiting: mayRead(environment)
          ? [{ run: row, gates: [{ gate: 'plan', openedAt: AT }], people: request.people }]
          : [],
        unknown: [],
      }),
    list: () => Promise.resolve([row]),
    lastRuns: () => Promise.resolve({ open: [row], last: undefined }),
    predictedSchema: () => Promise.resolve(undefined),
    read: ({ runId }) =>
      runId === RUN.runId
        ? Promise.resolve(structuredClone(view))
        : Promise.reject(new RunbookError('RunNotFound', 'There is no such run.', { advice: 'Look again.' })),
    known: async (run, seen): Promise<ReportInput> => ({
      ...{ view: seen ?? (await runs.read(run)), plan: null, baseline: null },
    }),
    peopleOf: () => Promise.resolve(request.people),
    decide: (_view, decision) => {
      const answer = decide(state, decision, AT)
      return answer.counted
        ? Promise.resolve()
        : Promise.reject(new RunbookError('DecisionRefused', answer.reason, { advice: '' }))
    },
    async *follow(_run, { onSilence }) {
      yield await Promise.resolve(view)
      onSilence('Nobody answers.')
      onSilence(undefined)
    },
    ...more,
  }
  const clock = { at: Date.parse(AT) }
  const who = { address: '127.0.0.1' }
  const app = createConsole({
    ...{ origin: ORIGIN, people: everybody, timeZone: 'UTC', runs },
    invitations: new Invitations(folder),
    addressOf: () => who.address,
    now: () => clock.at,
    ...options,
  })
  const browser = new TestBrowser((to, init) => app.request(new URL(to, ORIGIN).href, init), ORIGIN)
  return { app, browser, ada, runs, state, view, clock, who }
}

export async function signedIn(options: Parameters<typeof openConsole>[0] = {}) {
  const opened = openConsole(options)
  expect((await opened.browser.signIn(opened.ada)).html).toContain('<h1>Inbox</h1>')
  return opened
}
