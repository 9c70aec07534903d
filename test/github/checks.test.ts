import { generateKeyPairSync } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../src/contract/finding.js'
import { externalIdOf, keptIn, movedSince, type Kept } from '../../src/github/basis.js'
import { beginCheck, checksAt, endCheck } from '../../src/github/checks.js'
import { planOutput, staleOutput } from '../../src/github/plan-output.js'
import { apiUrlOf, repositoryOf, type GitHub } from '../../src/github/send.js'
import { installationTokens } from '../../src/github/token.js'
import { samplePlan } from '../runbook/sample-run.js'
import { gitProject } from './project.js'
import { openGitHub, REPOSITORY, TOKEN } from './stand-in.js'

const PLANNED = {
  ...{ head: 'a'.repeat(40), base: 'b'.repeat(40), baseBranch: 'main', migrations: 'api/migrations' },
  otherConfiguration: [],
}
const KEPT: Kept = {
  ...{ base: 'b'.repeat(40), inputs: '1'.repeat(32), ledger: '2'.repeat(32), schema: '3'.repeat(32) },
  verdict: 'acknowledge',
}

async function open(): Promise<{
  github: GitHub
  standIn: Awaited<ReturnType<typeof openGitHub>>
  head: string
}> {
  const project = gitProject()
  const standIn = await openGitHub({ git: project.root })
  onTestFinished(() => standIn.close())
  const github = {
    url: standIn.url,
    repository: repositoryOf(REPOSITORY),
    token: () => Promise.resolve(TOKEN),
  }
  return { github, standIn, head: project.git('rev-parse', 'HEAD') }
}

const finding = (at: number): Finding => ({
  ...{ code: 'DL101', severity: 'error', migration: `0002_${at}.sql`, line: at + 1 },
  message: `${'🛑 it loses rows '.repeat(300)}\u001B[31m\u202E`,
  advice: 'Do not.',
})

test('findings in hundreds go ahead of the end fifty at a time, and what is too long is cut and said so', async () => {
  const { github, standIn, head } = await open()
  const findings = Array.from({ length: 230 }, (_, at) => finding(at))
  const output = planOutput({ ...samplePlan(), findings }, PLANNED)
  const check = await beginCheck(github, { name: 'plan', head })
  await endCheck(github, check.id, { output, conclusion: 'failure', externalId: externalIdOf(KEPT) })
  const [said] = standIn.checks
  expect(said).toMatchObject({ status: 'completed', conclusion: 'failure' })
  expect(said?.annotations).toHaveLength(200)
  expect(new Set(said?.annotations.map(({ path }) => path)).size).toBe(200)
  expect(said?.annotations[0]?.message).toMatch(/^🛑 it loses rows/)
  expect(said?.annotations[0]?.message).not.toContain('\u001B')
  expect(said?.output.summary).toContain('does not fit in here as a whole')
  expect(said?.output.summary).toContain('Of 230 findings at lines, 200 are shown there.')
  const [found] = await checksAt(github, head, 'plan')
  expect(keptIn(found?.external_id ?? null)).toEqual(KEPT)

  const stale = staleOutput(
    {
      ...{ moved: ['base', 'ledger', 'schema'], environment: 'production', baseBranch: '`x](http://evil)' },
      ...{
        base: ['b'.repeat(40), 'c'.repeat(40)],
        changed: Array.from({ length: 30 }, () => 'a|`b`.sql'),
        ledger: [],
      },
    },
    { summary: said?.output.summary ?? null, text: said?.output.text ?? null },
  )
  await endCheck(github, check.id, { output: stale, conclusion: 'action_required' })
  expect(standIn.checks[0]).toMatchObject({ conclusion: 'action_required', external_id: externalIdOf(KEPT) })
  expect(standIn.checks[0]?.output.summary).toContain('and 20 more')
  expect(standIn.checks[0]?.output.title).toBe('Stale: the base branch, the ledger, the schema moved on')
})

test.each([
  null,
  '',
  '2b8f6c1e-8f0e-4f0c-9d2c-1f5c8f0e2b8f',
  `${externalIdOf(KEPT)}x`,
  externalIdOf(KEPT).replace('acknowledge', 'fine'),
  externalIdOf(KEPT).replace('b', 'B'),
  `\n${externalIdOf(KEPT)}`,
])('%j holds no plan of ours', (externalId) => {
  expect(keptIn(externalId)).toBeUndefined()
})

test('what moved is told apart, and the commit of a base that changed nothing is none of it', () => {
  const now = { ...KEPT, base: 'c'.repeat(40) }
  expect(movedSince(KEPT, now)).toEqual([])
  expect(movedSince(KEPT, { ...now, inputs: '', ledger: '', schema: '' })).toEqual([
    'base',
    'ledger',
    'schema',
  ])
})

test.each([
  '',
  'art',
  'a/b/c',
  '../art',
  'team/..',
  'team/.',
  'team/a b',
  '-x/art',
  'team/a?b',
  'team/a%2fb',
  'team/a\n',
])('%j is no repository', (text) => {
  expect(() => repositoryOf(text)).toThrow('no repository')
})

test.each([
  'http://api.github.com',
  'https://a:b@api.github.com',
  'https://api.github.com?x',
  'file:///etc',
  'api.github.com',
])('%s is no address that a token goes to', (text) => {
  expect(() => apiUrlOf(text)).toThrow('no address')
})

test('an app signs for a token of its installation, for this repository alone, and uses it until it is about to end', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    ...{ modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' } },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const project = gitProject()
  const standIn = await openGitHub({ git: project.root, app: { id: 'Iv1.app', publicKey } })
  onTestFinished(() => standIn.close())
  const repository = repositoryOf(REPOSITORY)
  let later = 0
  const now = (): number => Date.now() + later
  const token = installationTokens({ id: 'Iv1.app', privateKey }, { url: standIn.url, repository, now })
  expect(await Promise.all([token(), token()])).toEqual([TOKEN, TOKEN])
  expect(standIn.calls).toEqual([
    `GET /repos/${REPOSITORY}/installation`,
    'POST /app/installations/77/access_tokens',
  ])
  later = 56 * 60_000
  // The clock of GitHub did not move on with ours.
  await expect(token()).rejects.toThrow('gives the app no token')
  later = 0
  const other = installationTokens({ id: 'Iv1.other', privateKey }, { url: standIn.url, repository })
  await expect(other()).rejects.toMatchObject({ type: 'NotAuthenticated' })
})
