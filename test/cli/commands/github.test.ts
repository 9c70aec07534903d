import { onTestFinished, describe, expect, test } from 'vitest'
import { runCli } from '../run-cli.js'
import { gitProject, type GitProject } from '../../github/project.js'
import { ALL_PERMISSIONS, openGitHub, REPOSITORY, TOKEN, type GitHubStandIn } from '../../github/stand-in.js'

const NAME = 'd1-runbook: plan of local'
const SECOND = 'CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER);\n'
const LOSES = 'DROP TABLE a;\n'

async function open(
  files: Record<string, string | null>,
  options: Partial<Parameters<typeof openGitHub>[0]> = {},
) {
  const project = gitProject()
  const head = project.commit('feature', files)
  const github = await openGitHub({ git: project.root, ...options })
  onTestFinished(() => github.close())
  github.pulls.push({ number: 7, state: 'open', branch: 'feature', base: 'main' })
  return { project, github, head }
}

async function run(
  project: GitProject,
  github: GitHubStandIn,
  args: string[],
  env: Record<string, string> = {},
) {
  const { code, stdout, stderr } = await runCli(['github', ...args, '--json'], project.folder, {
    ...{ GITHUB_API_URL: github.url, GITHUB_REPOSITORY: REPOSITORY, GITHUB_TOKEN: TOKEN },
    ...env,
  })
  expect(`${stdout}${stderr}`).not.toContain(TOKEN)
  return {
    code,
    json: (stdout === '' ? undefined : JSON.parse(stdout)) as Record<string, unknown> | undefined,
    said: `${stdout}${stderr}`,
    stderr,
  }
}

const JOB = { GITHUB_REF: 'refs/pull/7/merge', GITHUB_SERVER_URL: 'https://github.com', GITHUB_RUN_ID: '42' }
const states = (json: Record<string, unknown> | undefined) =>
  (json?.['pullRequests'] as { pullRequest: number; state: string; moved?: string[] }[]).map(
    ({ pullRequest, state, moved }) => ({ pullRequest, state, ...(moved === undefined ? {} : { moved }) }),
  )

describe('the plan of a pull request is a check at its head', () => {
  test.each([
    ['success where nothing was found', { 'migrations/0002_b.sql': SECOND }, 'success', 0],
    [
      'neutral where somebody must acknowledge it',
      { 'migrations/0002_b.sql': "UPDATE a SET x = 'other' WHERE id = 1;\n" },
      'neutral',
      0,
    ],
    [
      'failure where it blocks, with what was found at its line',
      { 'migrations/0002_b.sql': `${SECOND}${LOSES}` },
      'failure',
      1,
    ],
    ['success where nothing is pending', { 'migrations/README.md': 'How we name them.\n' }, 'success', 0],
  ])('%s', async (_name, files, conclusion, code) => {
    const { project, github, head } = await open(files)
    project.change("INSERT INTO a (x) VALUES ('one')")
    const answer = await run(project, github, ['plan-check'], JOB)
    expect(answer).toMatchObject({
      code,
      json: { success: code === 0, state: 'planned', pullRequest: 7, head },
    })
    expect(github.checks).toMatchObject([{ name: NAME, head_sha: head, status: 'completed', conclusion }])
    const [check] = github.checks
    expect(check?.details_url).toBe(`https://github.com/${REPOSITORY}/actions/runs/42`)
    expect(check?.output.summary).toContain(head.slice(0, 12))
    expect(check?.output.summary).toContain(project.git('rev-parse', 'main').slice(0, 12))
    const failing = check?.annotations.filter((one) => one.annotation_level === 'failure') ?? []
    expect(failing.length > 0).toBe(conclusion === 'failure')
    for (const one of failing) expect(one).toMatchObject({ path: 'api/migrations/0002_b.sql', start_line: 2 })
  })

  test('no code of the pull request is run, and a configuration that it changes is told', async () => {
    const { project, github } = await open({
      'migrations/0002_b.sql': SECOND,
      'runbook.config.mjs': 'throw new Error("ran")\n',
    })
    github.pulls[0] = { number: 7, state: 'open', branch: 'feature', base: 'main', unknownFor: 1 }
    expect(await run(project, github, ['plan-check', '--pull-request', '7'])).toMatchObject({ code: 0 })
    expect(github.checks[0]?.output.summary).toContain('`api/runbook.config.mjs`')
  })

  test('one that changes nothing of what a plan is made of is not planned, whatever moves on', async () => {
    const { project, github, head } = await open({ 'src/app.ts': 'export {}\n' })
    const answer = await run(project, github, ['plan-check'], JOB)
    expect(answer).toMatchObject({
      code: 0,
      json: { success: true, state: 'unchanged', verdict: 'none' },
      stderr: '',
    })
    expect(github.checks).toMatchObject([
      { head_sha: head, conclusion: 'success', output: { title: 'No migration is changed' } },
    ])
    project.change("INSERT INTO d1_migrations (name) VALUES ('0001_by_hand.sql')")
    project.commit('main', { 'migrations/0002_b.sql': SECOND })
    const { json } = await run(project, github, ['recheck', '--replan'])
    expect(states(json)).toEqual([{ pullRequest: 7, state: 'current' }])
    expect(github.checks).toHaveLength(1)
  })

  test('of a fork nothing is planned, and nothing is written', async () => {
    const { project, github } = await open({ 'migrations/0002_b.sql': SECOND })
    github.pulls[0] = { number: 7, state: 'open', branch: 'feature', base: 'main', fork: true }
    expect(await run(project, github, ['plan-check'], JOB)).toMatchObject({
      code: 0,
      json: { state: 'left-out' },
    })
    expect(await run(project, github, ['recheck', '--replan'])).toMatchObject({
      code: 0,
      json: { pullRequests: [{ state: 'left-out' }] },
    })
    expect(github.checks).toEqual([])
  })

  test('where no plan can be made the check ends, and says why', async () => {
    const { project, github, head } = await open({ 'migrations/0001_a.sql': `${SECOND}-- theirs\n` })
    project.commit('main', { 'migrations/0001_a.sql': `${SECOND}-- ours\n` })
    const answer = await run(project, github, ['plan-check'], JOB)
    expect(answer.code).toBe(2)
    expect(github.checks).toMatchObject([
      {
        head_sha: head,
        status: 'completed',
        conclusion: 'failure',
        external_id: null,
        output: { title: 'No plan was made' },
      },
    ])
    expect(github.checks[0]?.output.summary).toContain('conflicts')
  })

  test.each([
    [
      'a link in the place of a file',
      (project: GitProject) => {
        const blob = project.git('hash-object', '-w', 'api/wrangler.toml')
        return `120000,${blob},api/migrations/0002_b.sql`
      },
      'link',
    ],
    [
      'a name that leads out of the folder',
      (project: GitProject) => {
        const blob = project.git('hash-object', '-w', 'api/migrations/0001_a.sql')
        return `100644,${blob},api/migrations/0002_\u202Eb.sql`
      },
      'no name of a migration',
    ],
  ])('%s is refused before anything is written', async (_name, entry, said) => {
    const { project, github } = await open({})
    project.git('checkout', '-q', 'feature')
    project.git('update-index', '--add', '--cacheinfo', entry(project))
    project.git('commit', '-q', '-m', 'hostile')
    project.git('checkout', '-q', '-f', 'main')
    expect(await run(project, github, ['plan-check'], JOB)).toMatchObject({
      code: expect.any(Number),
      said: expect.stringContaining(said),
    })
    expect(github.checks).toMatchObject([{ conclusion: 'failure' }])
  })

  test('what files and reasons hold is shown as text: no Markdown, mention or HTML of theirs', async () => {
    const name = 'migrations/0002_[x](http:evil)<img src=x>@team.sql'
    const { project, github } = await open({
      [name]:
        'CREATE TABLE `b|<b>` (id INTEGER PRIMARY KEY);\n-- d1-runbook: accept DL102 a: ](http://evil) <script> ![x](y)\nDROP TABLE a;\n',
    })
    project.change("INSERT INTO a (x) VALUES ('one')")
    await run(project, github, ['plan-check'], JOB)
    const { summary, text } = github.checks[0]?.output ?? {}
    const outside = `${summary ?? ''}\n${text ?? ''}`
      .replaceAll(/(`+)[^`][\s\S]*?\1/g, '')
      .replaceAll(/<summary>[^<>]*<\/summary>/g, '')
    expect(outside).not.toMatch(/<(?!\/?(details|summary)>)/)
    expect(outside).not.toMatch(/(?<!\\)\]\(/)
    expect(text).toContain('evil')
  })
})

describe('a plan that holds no more', () => {
  async function planned(files: Record<string, string> = { 'migrations/0002_b.sql': SECOND }) {
    const opened = await open(files)
    const { project, github } = opened
    expect(await run(project, github, ['plan-check'], JOB)).toMatchObject({ code: 0 })
    return opened
  }

  test('goes stale when the ledger moves on, says so once, and is planned anew', async () => {
    const { project, github } = await planned()
    expect(states((await run(project, github, ['recheck'])).json)).toEqual([
      { pullRequest: 7, state: 'current' },
    ])
    expect(github.checks).toMatchObject([{ conclusion: 'success' }])

    project.change("INSERT INTO d1_migrations (name) VALUES ('0001_by_hand.sql')")
    const moved = ['ledger']
    expect(states((await run(project, github, ['recheck'])).json)).toEqual([
      { pullRequest: 7, state: 'stale', moved },
    ])
    expect(github.checks).toMatchObject([{ conclusion: 'action_required' }])
    const { title, summary, text } = github.checks[0]?.output ?? {}
    expect(title).toBe('Stale: the ledger moved on')
    expect(summary).toContain('`0001_by_hand.sql`')
    expect(text).toContain('0002\\_b.sql')
    const before = github.calls.filter((call) => call.startsWith('PATCH')).length
    await run(project, github, ['recheck'])
    expect(github.calls.filter((call) => call.startsWith('PATCH'))).toHaveLength(before)

    expect(states((await run(project, github, ['recheck', '--replan'])).json)).toEqual([
      { pullRequest: 7, state: 'planned', moved },
    ])
    expect(github.checks.map(({ conclusion }) => conclusion)).toEqual([
      'action_required',
      expect.stringMatching(/success|neutral|failure/),
    ])
    expect(states((await run(project, github, ['recheck', '--replan'])).json)).toEqual([
      { pullRequest: 7, state: 'current' },
    ])
  })

  test('goes stale when the schema is changed by hand', async () => {
    const { project, github } = await planned()
    project.change('CREATE INDEX by_hand ON a (x)')
    expect(states((await run(project, github, ['recheck'])).json)).toEqual([
      { pullRequest: 7, state: 'stale', moved: ['schema'] },
    ])
  })

  test('goes stale when the base branch gets another migration, and not by its other commits', async () => {
    const { project, github } = await planned()
    project.commit('main', { 'src/app.ts': 'export {}\n' })
    expect(states((await run(project, github, ['recheck'])).json)).toEqual([
      { pullRequest: 7, state: 'current' },
    ])
    project.commit('main', { 'migrations/0003_c.sql': 'CREATE TABLE c (id INTEGER PRIMARY KEY);\n' })
    expect(states((await run(project, github, ['recheck', '--base', 'main'])).json)).toEqual([
      { pullRequest: 7, state: 'stale', moved: ['base'] },
    ])
    expect(github.checks[0]?.output.summary).toContain('`api/migrations/0003_c.sql`')
    await run(project, github, ['recheck', '--replan'])
    expect(github.checks[1]?.output.text).toContain('0003\\_c.sql')
  })

  test('a configuration of the base that is another one counts as well', async () => {
    const { project, github } = await planned()
    project.commit('main', { 'runbook.config.json': '{"timeZone": "Europe/Paris"}\n' })
    expect(states((await run(project, github, ['recheck'])).json)).toEqual([
      { pullRequest: 7, state: 'stale', moved: ['base'] },
    ])
  })

  test('a check of another that has our name is none of ours, and one that cannot be planned keeps no other waiting', async () => {
    const { project, github, head } = await planned()
    project.commit('other', { 'migrations/0002_c.sql': 'CREATE TABLE c (id INTEGER PRIMARY KEY);\n' })
    project.commit('conflict', { 'migrations/0001_a.sql': '-- theirs\n' })
    project.commit('main', { 'migrations/0001_a.sql': '-- ours\n' })
    github.pulls.splice(0, 1)
    github.pulls.push(
      { number: 8, state: 'open', branch: 'conflict', base: 'main' },
      { number: 9, state: 'open', branch: 'other', base: 'main' },
    )
    github.pulls.push({ number: 10, state: 'closed', branch: 'feature', base: 'main' })
    const forged = github.checks[0]
    if (forged === undefined) throw new Error('there is no check')
    github.checks.push({
      ...forged,
      id: 1,
      head_sha: project.git('rev-parse', 'other'),
      external_id: `${forged.external_id ?? ''}0`,
    })
    const { code, json } = await run(project, github, ['recheck', '--replan'])
    expect({ code, states: states(json) }).toEqual({
      code: 1,
      states: [
        { pullRequest: 8, state: 'failed' },
        { pullRequest: 9, state: 'planned' },
      ],
    })
    expect(head).toHaveLength(40)
  })

  test('is found on whatever page it is', async () => {
    const { project, github, head } = await planned()
    for (let number = 100; number < 230; number += 1)
      github.pulls.unshift({ number, state: 'open', branch: 'feature', base: 'main', fork: true })
    const [check] = github.checks
    if (check === undefined) throw new Error('there is no check')
    github.checks.push(
      ...Array.from({ length: 150 }, (_, at) => ({ ...check, id: at + 1, external_id: 'of another' })),
    )
    const { json } = await run(project, github, ['recheck'])
    expect(states(json).at(-1)).toEqual({ pullRequest: 7, state: 'current' })
    expect(states(json)).toHaveLength(131)
    expect(head).toBe(check.head_sha)
  })
})

describe('what GitHub refuses is told with what to do', () => {
  const plan = ['plan-check', '--pull-request', '7']
  test.each([
    ['a token that is none', { env: { GITHUB_TOKEN: 'ghs_another' } }, 2, 'Bad credentials'],
    ['no token', { env: { GITHUB_TOKEN: '' } }, 2, 'D1_RUNBOOK_GITHUB_TOKEN'],
    [
      'another repository',
      { env: { GITHUB_REPOSITORY: 'team/other' } },
      2,
      'Is the repository named as it is',
    ],
    ['a name that is no repository', { env: { GITHUB_REPOSITORY: '../../app' } }, 2, 'no repository'],
    [
      'an address that is not encrypted',
      { env: { GITHUB_API_URL: 'http://api.example.com' } },
      2,
      'no address',
    ],
    ['half of an app', { env: { D1_RUNBOOK_GITHUB_APP_ID: '1' } }, 2, 'D1_RUNBOOK_GITHUB_APP_KEY_FILE'],
    [
      'a key that is none',
      { env: { D1_RUNBOOK_GITHUB_APP_ID: '1', D1_RUNBOOK_GITHUB_APP_KEY: 'no-key-at-all' } },
      2,
      'no RSA key',
    ],
    [
      'a permission that is missing',
      { permissions: { ...ALL_PERMISSIONS, checks: 'read' } as const },
      2,
      'checks: write',
    ],
  ])(
    '%s',
    async (
      _name,
      {
        env = {},
        permissions = ALL_PERMISSIONS,
      }: { env?: Record<string, string>; permissions?: typeof ALL_PERMISSIONS },
      code,
      said,
    ) => {
      const { project, github } = await open({ 'migrations/0002_b.sql': SECOND }, { permissions })
      const answer = await run(project, github, plan, env)
      expect(answer).toMatchObject({ code, said: expect.stringContaining(said) })
      expect(answer.said).not.toContain('no-key-at-all')
      expect(github.checks).toEqual([])
    },
  )

  test('a limit is waited for where it is short, and told where it is long', async () => {
    const { project, github } = await open({ 'migrations/0002_b.sql': SECOND })
    github.refuse(/^GET .*\/pulls\/7$/, { status: 429, headers: { 'retry-after': '0' } })
    expect(await run(project, github, plan)).toMatchObject({ code: 0 })
    const reset = String(Math.floor(Date.now() / 1000) + 3_000)
    github.refuse(/^GET .*\/pulls\/7$/, {
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    })
    expect(await run(project, github, plan)).toMatchObject({
      code: 1,
      said: expect.stringContaining('answers no more calls'),
    })
    github.refuse(/^GET .*\/pulls\/7$/, { status: 302, headers: { location: 'https://evil.example/' } })
    expect(await run(project, github, plan)).toMatchObject({
      code: 2,
      said: expect.stringContaining('renamed'),
    })
  })

  test('an answer that is none of the API is no plan', async () => {
    const { project, github } = await open({ 'migrations/0002_b.sql': SECOND })
    github.refuse(/^GET .*\/pulls\/7$/, { status: 200, body: { number: 7, head: { sha: '../../x' } } })
    expect(await run(project, github, plan)).toMatchObject({
      code: 1,
      said: expect.stringContaining('is not what its API describes'),
    })
  })
})
