import { describe, expect, test } from 'vitest'
import type { ConsoleDatabases } from '../../src/console/databases.js'
import { mayReadOf, readable } from '../../src/console/readers.js'
import { RunbookError } from '../../src/contract/failures.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { formIn } from './test-browser.js'
import { openConsole, QUERY, RUN } from './test-console.js'

const people = [
  { name: 'Ada', roles: ['dba'], publicKeys: [] },
  { name: 'Bea', roles: [], publicKeys: [] },
]

describe('who may read', () => {
  test.each<[string, Parameters<typeof mayReadOf>[1]['readers'], string, string | null, boolean]>([
    ['without readers everybody reads all', undefined, 'Bea', 'production', true],
    ['a role that is named', { production: ['DBA'] }, 'ada ', 'production', true],
    ['no role that is named', { production: ['dba'] }, 'Bea', 'production', false],
    ['an environment that is not named', { production: ['dba'] }, 'Ada', 'staging', false],
    ['one that is not named, by the star', { production: ['dba'], '*': [] }, 'Bea', 'staging', true],
    [
      'one that is named, whatever the star says',
      { production: ['dba'], '*': [] },
      'Bea',
      'production',
      false,
    ],
    ['an empty list is everybody who is signed in', { local: [] }, 'Bea', 'local', true],
    ['a run that does not say where it is', { production: ['dba'] }, 'Ada', null, false],
    ['a run that does not say where it is, by the star', { '*': ['dba'] }, 'Ada', null, true],
    ['a name that every object has', { production: ['dba'] }, 'Ada', 'constructor', false],
    ['a star that is no name of an environment', { production: ['dba'] }, 'Ada', '*', false],
  ])('%s', (_what, readers, person, environment, may) => {
    expect(mayReadOf(person, { readers, people })(environment)).toBe(may)
  })
})

const nobodyLooks = () => Promise.reject(new Error('nobody may look'))
const DATABASES: ConsoleDatabases = {
  entries: [
    {
      ...{ environment: 'local', timeZone: 'UTC', times: { value: {} } },
      database: { value: { name: 'art-archive', id: 'db', remote: false } },
    },
  ],
  backup: nobodyLooks,
  status: nobodyLooks,
}

/** Bea may read nothing of `local`, of which the only run is. */
async function asBea(readers = { local: ['dba'], '*': [] as string[] }) {
  const bea = newPasskey()
  const opened = openConsole({
    people: [{ name: 'Bea', roles: [], publicKeys: [bea.publicKey] }],
    environment: 'local',
    options: { readers, databases: DATABASES },
  })
  await opened.browser.signIn(bea)
  return { ...opened, bea }
}

describe('a run that somebody may not read', () => {
  const OF_THE_RUN = /art-archive|migration(?:%2F|\/)local(?:%2F|\/)db/
  /** Of each route what a run would be read by; those that ask for none stand apart. */
  const READING: Record<string, string> = {
    'GET /': '/',
    'GET /runs': '/runs',
    'GET /run': `/run?${QUERY}`,
    'GET /plan': `/plan?${QUERY}`,
    'GET /report': `/report?${QUERY}`,
    'GET /events': `/events?${QUERY}`,
    'GET /decide': `/decide?${QUERY}&gate=plan`,
    'POST /decide': `/decide?${QUERY}&gate=plan`,
    'GET /databases': '/databases',
    'POST /databases': '/databases',
  }
  const LISTS = ['GET /', 'GET /runs', 'GET /databases']
  const WITHOUT_RUNS = [
    ...['GET /console.css', 'GET /console.js', 'GET /sign-in', 'POST /sign-in', 'POST /sign-out'],
    ...['GET /enroll/:token', 'POST /enroll/:token', 'GET /whose/:name'],
  ]

  test('stands on no page: every route is one that shows no run, or was tried', async () => {
    const { app, browser, ada } = await asBea()
    const routes = app.routes
      .filter(({ method, path }) => method !== 'ALL' && path !== '/*')
      .map(({ method, path }) => `${method} ${path}`)
    expect(routes.filter((route) => !(route in READING) && !WITHOUT_RUNS.includes(route))).toEqual([])
    expect(Object.keys(READING).filter((route) => !routes.includes(route))).toEqual([])
    for (const [route, path] of Object.entries(READING)) {
      const ask = () =>
        route.startsWith('POST')
          ? browser.post(path, { decision: 'approve', environment: 'local' })
          : browser.get(path)
      const theirs = await ask()
      expect(theirs.html, route).not.toMatch(OF_THE_RUN)
      expect(theirs.status, route).toBe(LISTS.includes(route) ? 200 : 404)
    }
    // Ada holds the role, and sees it everywhere.
    await browser.signIn(ada)
    for (const [route, path] of Object.entries(READING))
      if (route.startsWith('GET')) expect((await browser.get(path)).html, route).toMatch(OF_THE_RUN)
  })

  test('is answered as one that is not there, and not asked', async () => {
    const opened = await asBea()
    const there = await opened.browser.get(`/run?${QUERY}`)
    const notThere = await opened.browser.get('/run?workflow=migration%2Flocal%2Fother&run=none')
    expect(there.html).toBe(notThere.html)
    expect(there.status).toBe(404)
  })

  test('takes no decision of theirs, though a passkey signs what another was shown', async () => {
    const { browser, ada, bea, state } = await asBea()
    await browser.signIn(ada)
    const page = await browser.get(`/decide?${QUERY}&gate=plan`)
    expect(formIn(page.html).action).toContain('/decide')
    await browser.signIn(bea)
    expect((await browser.decide(page, bea, { decision: 'approve' })).status).toBe(404)
    expect((await browser.decide(page, ada, { decision: 'approve' })).status).toBe(404)
    expect(state.view.gates.find(({ gate }) => gate === 'plan')).toMatchObject({
      state: 'open',
      decisions: [],
    })
  })

  test('is refused by the name of the run alone, whoever would answer for it', async () => {
    let asked = 0
    const { app: _app, ...opened } = openConsole()
    const runs = readable(
      {
        ...opened.runs,
        read: () => {
          asked += 1
          return Promise.reject(
            new RunbookError('WorkerMissing', 'nobody of production answers', { advice: '' }),
          )
        },
      },
      (environment) => environment === 'staging',
    )
    for (const workflowId of [
      'migration/production/1f8a',
      'migration/production/1f8a/0011aabb',
      'migration/production/1f8a/monitoring',
      'migration/staging/1f8a/monitoring',
      'migration/staging',
      'backup/staging/1f8a',
      '',
    ])
      await expect(runs.read({ workflowId, runId: 'x' })).rejects.toMatchObject({ type: 'RunNotFound' })
    expect(asked).toBe(0)
    for (const workflowId of ['migration/staging/1f8a', 'migration/staging/1f8a/0011aabb'])
      await expect(runs.read({ workflowId, runId: 'x' })).rejects.toMatchObject({ type: 'WorkerMissing' })
  })

  test('is refused where it is of another environment than its name says', async () => {
    const { runs, view } = openConsole()
    const own = readable(runs, (environment) => environment === 'staging')
    await expect(own.read({ workflowId: 'migration/staging/db', runId: RUN.runId })).rejects.toMatchObject({
      type: 'RunNotFound',
    })
    await expect(own.known({ ...RUN, workflowId: 'migration/staging/db' })).rejects.toMatchObject({
      type: 'RunNotFound',
    })
    await expect(own.known(RUN, view)).rejects.toMatchObject({ type: 'RunNotFound' })
    expect(await own.lastRuns({ environment: 'production', database: 'db' })).toEqual({
      open: [],
      last: undefined,
    })
    await expect(own.predictedSchema(RUN)).rejects.toMatchObject({ type: 'RunNotFound' })
    await expect(own.peopleOf(RUN)).rejects.toMatchObject({ type: 'RunNotFound' })
    await expect(own.decide(view, { gate: 'plan', decision: 'approve', actor: 'Bea' })).rejects.toMatchObject(
      { type: 'RunNotFound' },
    )
    const how = { signal: new AbortController().signal, onSilence: () => undefined }
    await expect(own.follow(RUN, how)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      type: 'RunNotFound',
    })
  })
})
