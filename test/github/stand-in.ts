import { createHmac, createPublicKey, createVerify } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'

/**
 * GitHub's API over a real git repository, as far as it is used, and as strict as its published description: required fields, what may stand in them, lengths and numbers,
 * permissions, and the version. https://github.com/github/rest-api-description, https://docs.github.com/rest
 * What the description does not have in a body is refused as well, so that a slip of ours is seen.
 */
export interface GitHubStandIn {
  url: string
  pulls: Pull[]
  checks: Check[]
  deployments: Deployment[]
  /** Of workflow runs that wait for the rule of this app. */
  waiting: Waiting[]
  /** Method and path of each call. */
  calls: string[]
  /** Answers the next call of this kind so, instead. */
  refuse: (call: RegExp, answer: Refusal) => void
  close: () => Promise<void>
}

export interface Pull {
  number: number
  state: 'open' | 'closed'
  /** Names in the git repository. */
  branch: string
  base: string
  fork?: boolean
  /** How often it is asked before the test merge is there. */
  unknownFor?: number
}

export interface Check {
  id: number
  name: string
  head_sha: string
  status: string
  conclusion: string | null
  external_id: string | null
  details_url: string | null
  started_at: string | null
  output: { title: string | null; summary: string | null; text: string | null }
  annotations: z.infer<typeof annotation>[]
}

export interface Deployment {
  id: number
  sha: string
  ref: string
  task: string
  environment: string
  payload: unknown
  created_at: string
  statuses: { id: number; state: string; description: string; log_url: string; environment: string }[]
}

export interface Waiting {
  run: number
  environment: string
  state: 'waiting' | 'approved' | 'rejected'
  comments: string[]
}

export interface Refusal {
  status: number
  headers?: Record<string, string>
  body?: object
}

export const REPOSITORY = 'team/art'
export const TOKEN = 'ghs_of-a-test-and-of-nobody-else'
export const ALL_PERMISSIONS: Record<string, 'read' | 'write'> = {
  ...{ checks: 'write', contents: 'read', pull_requests: 'read', deployments: 'write', metadata: 'read' },
}

const VERSIONS = new Set(['2022-11-28', '2026-03-10'])
const sha = z.string().regex(/^[0-9a-f]{40}$/)
const time = z.iso.datetime({ offset: true })
const bytes = (most: number) =>
  z.string().refine((text) => Buffer.byteLength(text) <= most, `is over ${most} bytes`)
const characters = (most: number) =>
  z.string().refine((text) => [...text].length <= most, `is over ${most} characters`)
const web = z.url({ protocol: /^https?$/ })

const annotation = z.strictObject({
  path: z.string().min(1),
  start_line: z.number().int().positive(),
  end_line: z.number().int().positive(),
  start_column: z.number().int().positive().optional(),
  end_column: z.number().int().positive().optional(),
  annotation_level: z.enum(['notice', 'warning', 'failure']),
  message: bytes(65_536).min(1),
  title: characters(255).optional(),
  raw_details: bytes(65_536).optional(),
})
const outputOf = <Title extends z.ZodType>(title: Title) =>
  z.strictObject({
    title,
    summary: characters(65_535),
    text: characters(65_535).optional(),
    annotations: z.array(annotation).max(50).optional(),
  })
/** `stale` is GitHub's alone to set. */
const conclusion = z.enum([
  'action_required',
  'cancelled',
  'failure',
  'neutral',
  'success',
  'skipped',
  'timed_out',
])
const checkFields = {
  details_url: web.optional(),
  external_id: z.string().optional(),
  started_at: time.optional(),
  conclusion: conclusion.optional(),
  completed_at: time.optional(),
}
const concluded = (body: {
  status?: string | undefined
  conclusion?: string | undefined
  completed_at?: string | undefined
}): boolean =>
  (body.status !== 'completed' && body.completed_at === undefined) || body.conclusion !== undefined
const newCheck = z
  .strictObject({
    ...{ name: z.string().min(1), head_sha: sha, ...checkFields },
    status: z.enum(['queued', 'in_progress', 'completed']).optional(),
    output: outputOf(z.string()).optional(),
  })
  .refine(concluded, 'conclusion is missing')
/** Some statuses are of GitHub Actions alone. */
const changedCheck = z
  .strictObject({
    ...{ name: z.string().min(1).optional(), ...checkFields },
    status: z.enum(['queued', 'in_progress', 'completed']).optional(),
    output: outputOf(z.string().optional()).optional(),
  })
  .refine(concluded, 'conclusion is missing')
const newDeployment = z.strictObject({
  ref: z.string().min(1),
  task: z.string().optional(),
  auto_merge: z.boolean().optional(),
  required_contexts: z.array(z.string()).optional(),
  payload: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
  environment: z.string().max(255).optional(),
  description: z.string().nullable().optional(),
  transient_environment: z.boolean().optional(),
  production_environment: z.boolean().optional(),
})
const newStatus = z.strictObject({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  target_url: z.string().optional(),
  log_url: z.union([web, z.literal('')]).optional(),
  description: characters(140).optional(),
  environment: z.string().optional(),
  environment_url: z.string().optional(),
  auto_inactive: z.boolean().optional(),
})
/** Either a word on the way, or a decision. */
const review = z.union([
  z.strictObject({ environment_name: z.string(), comment: characters(1_024).min(1) }),
  z.strictObject({
    environment_name: z.string(),
    state: z.enum(['approved', 'rejected']),
    comment: characters(1_024).optional(),
  }),
])
/** https://docs.github.com/actions/deployment/protecting-deployments/creating-custom-deployment-protection-rules */
const MOST_REPORTS = 10

interface Answer {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

/** `git`: folder of the repository. `app`: asks for tokens by a signed JWT; its tokens are {@link TOKEN}. */
export async function openGitHub({
  git: folder,
  permissions = ALL_PERMISSIONS,
  app,
}: {
  git: string
  permissions?: Record<string, 'read' | 'write'>
  app?: { id: string; publicKey: string }
}): Promise<GitHubStandIn> {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  const known = (name: string): string | undefined => {
    try {
      return git('rev-parse', '--verify', '--end-of-options', name)
    } catch {
      return undefined
    }
  }
  const pulls: Pull[] = []
  const checks: Check[] = []
  const deployments: Deployment[] = []
  const waiting: Waiting[] = []
  const calls: string[] = []
  const refusals: [RegExp, Refusal][] = []
  let id = 1000
  const next = (): number => (id += 1)

  const shown = (check: Check) => ({
    ...check,
    ...{
      node_id: `n${check.id}`,
      url: 'https://api.github.com/',
      html_url: `https://github.com/${REPOSITORY}/runs/${check.id}`,
    },
    ...{ completed_at: null, check_suite: { id: 1 }, app: null, pull_requests: [] },
    output: { ...check.output, annotations_count: check.annotations.length, annotations_url: '' },
  })
  const change = (check: Check, body: z.infer<typeof changedCheck>): void => {
    const { output, ...fields } = body
    Object.assign(check, fields)
    if (body.conclusion !== undefined) check.status = 'completed'
    if (output === undefined) return
    check.output = {
      title: output.title ?? check.output.title,
      summary: output.summary,
      text: output.text ?? null,
    }
    check.annotations.push(...(output.annotations ?? []))
  }
  const headOf = ({ branch }: Pull): string => git('rev-parse', branch)
  const listed = (pull: Pull) => ({
    ...{ number: pull.number, state: pull.state },
    head: {
      ref: pull.branch,
      sha: headOf(pull),
      repo: { full_name: pull.fork === true ? 'eve/art' : REPOSITORY },
    },
    base: { ref: pull.base, sha: git('rev-parse', pull.base), repo: { full_name: REPOSITORY } },
  })
  const merged = (pull: Pull): string | undefined => {
    try {
      const tree = git('merge-tree', '--write-tree', pull.base, pull.branch)
      return git('commit-tree', tree, '-p', pull.base, '-p', pull.branch, '-m', 'test merge')
    } catch {
      return undefined
    }
  }
  const entries = (tree: string, recursive: boolean) =>
    git('-c', 'core.quotePath=false', 'ls-tree', '-z', ...(recursive ? ['-r', '-t'] : []), tree)
      .split('\0')
      .filter(Boolean)
      .map((line) => {
        const [, mode = '', type = '', object = '', path = ''] =
          /^(\d+) (\w+) (\w+)\t([\s\S]*)$/.exec(line) ?? []
        return { path, mode, type, sha: object, url: '' }
      })
  const page = <T>(all: readonly T[], search: URLSearchParams): T[] => {
    const size = Math.min(Number(search.get('per_page') ?? 30), 100)
    return all.slice((Number(search.get('page') ?? 1) - 1) * size).slice(0, size)
  }

  type Route = [RegExp, string, (found: string[], body: unknown, search: URLSearchParams) => Answer]
  const routes: Route[] = [
    [
      /^GET \/git\/commits\/(\w+)$/,
      'contents: read',
      ([commit = '']) => {
        if (known(`${commit}^{commit}`) !== commit) return notFound()
        const [tree = '', parents = ''] = git('show', '-s', '--format=%T%n%P', commit).split('\n')
        const withParents = parents
          .split(' ')
          .filter(Boolean)
          .map((parent) => ({ sha: parent }))
        return ok({ sha: commit, tree: { sha: tree }, parents: withParents, message: '' })
      },
    ],
    [
      /^GET \/git\/ref\/heads\/(.+)$/,
      'contents: read',
      ([branch = '']) => {
        const tip = known(`refs/heads/${branch}`)
        return tip === undefined
          ? notFound()
          : ok({ ref: `refs/heads/${branch}`, object: { type: 'commit', sha: tip } })
      },
    ],
    [
      /^GET \/git\/trees\/(\w+)$/,
      'contents: read',
      ([tree = ''], _body, search) =>
        known(`${tree}^{tree}`) === undefined
          ? notFound()
          : ok({ sha: tree, tree: entries(tree, search.has('recursive')), truncated: false }),
    ],
    [
      /^GET \/git\/blobs\/(\w+)$/,
      'contents: read',
      ([blob = '']) => {
        const content = execFileSync('git', ['cat-file', 'blob', blob], { cwd: folder })
        // In lines, as GitHub sends it.
        const lines = content.toString('base64').replace(/.{60}/g, '$&\n')
        return ok({ sha: blob, size: content.length, encoding: 'base64', content: lines })
      },
    ],
    [
      /^GET \/pulls$/,
      'pull_requests: read',
      (_found, _body, search) => {
        const state = search.get('state') ?? 'open'
        const base = search.get('base')
        const found = pulls.filter(
          (pull) => (state === 'all' || pull.state === state) && (base === null || pull.base === base),
        )
        return ok(page(found, search).map(listed))
      },
    ],
    [
      /^GET \/pulls\/(\d+)$/,
      'pull_requests: read',
      ([number]) => {
        const pull = pulls.find((one) => one.number === Number(number))
        if (pull === undefined) return notFound()
        pull.unknownFor = (pull.unknownFor ?? 0) - 1
        if (pull.unknownFor >= 0) return ok({ ...listed(pull), mergeable: null, merge_commit_sha: null })
        const merge = merged(pull)
        return ok({ ...listed(pull), mergeable: merge !== undefined, merge_commit_sha: merge ?? null })
      },
    ],
    [
      /^POST \/check-runs$/,
      'checks: write',
      (_found, body) => {
        const read = newCheck.safeParse(body)
        if (!read.success) return invalid(read.error)
        const { name, head_sha, status = 'queued', output, ...more } = read.data
        if (known(`${head_sha}^{commit}`) === undefined)
          return refused(422, `No commit found for SHA: ${head_sha}`)
        const check: Check = {
          ...{
            id: next(),
            name,
            head_sha,
            status,
            conclusion: null,
            external_id: null,
            details_url: null,
            started_at: null,
          },
          output: { title: null, summary: null, text: null },
          annotations: [],
        }
        change(check, { ...more, output })
        checks.push(check)
        return { status: 201, body: shown(check) }
      },
    ],
    [
      /^PATCH \/check-runs\/(\d+)$/,
      'checks: write',
      ([number], body) => {
        const check = checks.find((one) => one.id === Number(number))
        if (check === undefined) return notFound()
        const read = changedCheck.safeParse(body)
        if (!read.success) return invalid(read.error)
        change(check, read.data)
        return ok(shown(check))
      },
    ],
    [
      /^GET \/commits\/(\w+)\/check-runs$/,
      'checks: read',
      ([commit], _body, search) => {
        const name = search.get('check_name')
        const found = checks.filter((one) => one.head_sha === commit && (name === null || one.name === name))
        return ok({ total_count: found.length, check_runs: page(found, search).map(shown) })
      },
    ],
    [
      /^POST \/actions\/runs\/(\d+)\/deployment_protection_rule$/,
      'deployments: write',
      ([run], body) => {
        const read = review.safeParse(body)
        if (!read.success) return invalid(read.error)
        const { environment_name: environment, comment } = read.data
        const found = waiting.find((one) => one.run === Number(run) && one.environment === environment)
        if (found === undefined) return notFound()
        if (found.state !== 'waiting') return refused(422, 'The deployment is not waiting for this rule')
        if ('state' in read.data) found.state = read.data.state
        else if (found.comments.length >= MOST_REPORTS) return refused(422, 'Too many status reports')
        if (comment !== undefined) found.comments.push(comment)
        return { status: 204 }
      },
    ],
    [
      /^POST \/deployments$/,
      'deployments: write',
      (_found, body) => {
        const read = newDeployment.safeParse(body)
        if (!read.success) return invalid(read.error)
        const {
          ref,
          task = 'deploy',
          environment = 'production',
          payload = '',
          auto_merge,
          required_contexts,
        } = read.data
        const commit = known(`${ref}^{commit}`)
        if (commit === undefined) return refused(422, `No ref found for: ${ref}`)
        // It would merge the default branch into the ref, and ask for every check of the commit.
        if (auto_merge !== false || required_contexts?.length !== 0) return refused(409, 'Conflict')
        const made: Deployment = {
          ...{
            id: next(),
            sha: commit,
            ref,
            task,
            environment,
            payload,
            created_at: new Date().toISOString(),
          },
          statuses: [],
        }
        deployments.unshift(made)
        return { status: 201, body: made }
      },
    ],
    [
      /^GET \/deployments$/,
      'deployments: read',
      (_found, _body, search) => {
        const asked = (name: 'sha' | 'task' | 'environment') => (one: Deployment) =>
          search.get(name) === null || one[name] === search.get(name)
        return ok(
          page(deployments.filter(asked('sha')).filter(asked('task')).filter(asked('environment')), search),
        )
      },
    ],
    [
      /^POST \/deployments\/(\d+)\/statuses$/,
      'deployments: write',
      ([number], body) => {
        const found = deployments.find((one) => one.id === Number(number))
        if (found === undefined) return notFound()
        const read = newStatus.safeParse(body)
        if (!read.success) return invalid(read.error)
        const { state, description = '', log_url = '', environment = found.environment } = read.data
        const status = { id: next(), state, description, log_url, environment }
        found.statuses.unshift(status)
        return { status: 201, body: status }
      },
    ],
    [
      /^GET \/deployments\/(\d+)\/statuses$/,
      'deployments: read',
      ([number], _body, search) => {
        const found = deployments.find((one) => one.id === Number(number))
        return found === undefined ? notFound() : ok(page(found.statuses, search))
      },
    ],
  ]

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '', 'http://api')
    const named = `${request.method ?? ''} ${decodeURIComponent(url.pathname)}`
    const text = (await buffer(request)).toString('utf8')
    calls.push(named)
    const [at] = refusals.flatMap(([call], index) => (call.test(named) ? [index] : []))
    const [refusal] = at === undefined ? [] : refusals.splice(at, 1)
    if (refusal !== undefined) return { body: { message: 'refused' }, ...refusal[1] }
    const { headers } = request
    if (headers['user-agent'] === undefined) return refused(403, 'Request forbidden by administrative rules.')
    if (!VERSIONS.has(String(headers['x-github-api-version']))) return refused(400, 'Not a supported version')
    if (headers.accept !== 'application/vnd.github+json') return refused(415, 'Unsupported media type')
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
    if (app !== undefined && token !== undefined && token.split('.').length === 3)
      return asApp(named, token, text, app)
    if (token !== TOKEN) return refused(401, 'Bad credentials')
    const prefix = `/repos/${REPOSITORY}`
    const [method = '', ...path] = named.split(' ')
    const below = path.join(' ')
    if (!below.startsWith(`${prefix}/`)) return notFound()
    for (const [pattern, needs, act] of routes) {
      const found = pattern.exec(`${method} ${below.slice(prefix.length)}`)
      if (found === null) continue
      const [permission = '', level] = needs.split(': ')
      const has = permissions[permission]
      if (has === undefined || (level === 'write' && has !== 'write'))
        return refused(403, 'Resource not accessible by integration')
      return act(found.slice(1), text === '' ? undefined : JSON.parse(text), url.searchParams)
    }
    return notFound()
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers = {}, body }) => {
        response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
        response.end(body === undefined ? undefined : JSON.stringify(body))
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ pulls, checks, deployments, waiting, calls },
    refuse: (call, refusal) => void refusals.push([call, refusal]),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** What an app asks for itself: https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app */
function asApp(
  named: string,
  jwt: string,
  text: string,
  { id, publicKey }: { id: string; publicKey: string },
): Answer {
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  const read = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  const { iat, exp, iss } = read(claims) as { iat: number; exp: number; iss: string }
  const now = Date.now() / 1000
  const signed = createVerify('RSA-SHA256')
    .update(`${head}.${claims}`)
    .verify(createPublicKey(publicKey), signature, 'base64url')
  if (read(head)['alg'] !== 'RS256' || !signed || iss !== id)
    return refused(401, 'A JSON web token could not be decoded')
  if (iat > now || exp < now || exp > now + 600)
    return refused(401, "'Expiration time' claim ('exp') is too far in the future")
  if (named === `GET /repos/${REPOSITORY}/installation`) return ok({ id: 77 })
  if (named !== 'POST /app/installations/77/access_tokens') return notFound()
  const body = z.strictObject({ repositories: z.array(z.string()).max(500) }).safeParse(JSON.parse(text))
  if (!body.success) return invalid(body.error)
  return { status: 201, body: { token: TOKEN, expires_at: new Date(Date.now() + 3_600_000).toISOString() } }
}

/** As GitHub signs what it sends to a webhook. */
export function signatureOf(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}

function notFound(): Answer {
  return refused(404, 'Not Found')
}

function refused(status: number, message: string): Answer {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest' } }
}

function invalid(error: z.ZodError): Answer {
  return {
    status: 422,
    body: {
      message: 'Invalid request.',
      errors: error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
      documentation_url: 'https://docs.github.com/rest',
    },
  }
}
