import { givenSecrets } from '../contract/given-secrets.js'

const SECRET_NAMES = [
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_API_KEY',
  'CF_API_TOKEN',
  'CF_API_KEY',
  'CLOUDFLARE_API_USER_SERVICE_KEY',
  'D1_RUNBOOK_CODEC_KEYS',
  'D1_RUNBOOK_CODEC_TOKEN',
  'D1_RUNBOOK_GITHUB_APP_KEY',
  'D1_RUNBOOK_GITHUB_TOKEN',
  'D1_RUNBOOK_GITHUB_WEBHOOK_SECRET',
  'D1_RUNBOOK_MCP_TOKEN',
  'GITHUB_TOKEN',
  'RUNBOOK_STORAGE_SECRET',
  'TEMPORAL_API_KEY',
]

const MARK = '[secret]'

/** What looks like a secret, where it stands in the group of that name, and what is said in its place. */
const SECRET_SHAPES: [RegExp, string][] = [
  [/\b(?:Bearer|Basic)\s+(?<secret>[\w.~+/=-]{8,})/dgi, MARK],
  [/\b(?:api[-_]?)?(?:token|key|secret|password)["']?\s*[=:]\s*["']?(?<secret>[\w.~+/=-]{12,})/dgi, MARK],
  [/(?<secret>https:\/\/hooks\.slack\.com\/\S+)/dgi, '[secret address]'],
  [/(?<secret>AGE-SECRET-KEY-[\w-]+)/dgi, '[secret key of age]'],
  // A signed download address is a key of its own.
  [
    /[?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|sig|signature|token)=(?<secret>[^&\s"']+)/dgi,
    MARK,
  ],
]

interface Found {
  from: number
  to: number
  mark: string
}

/**
 * `text` without the secrets of this process and without anything that looks like one. Both are looked for in the text as it came: what is
 * put in the place of one, such as of a known value "secret", would hide the shape of another.
 */
export function redact(text: string, env: NodeJS.ProcessEnv = process.env): string {
  const found = [...SECRET_SHAPES.flatMap((shape) => shapedIn(text, shape)), ...knownIn(text, formsOf(env))]
  return withoutFound(text, found)
}

function shapedIn(text: string, [shape, mark]: (typeof SECRET_SHAPES)[number]): Found[] {
  return [...text.matchAll(shape)].flatMap(({ indices }) => {
    const at = indices?.groups?.['secret']
    return at === undefined ? [] : [{ from: at[0], to: at[1], mark }]
  })
}

function knownIn(text: string, forms: readonly string[]): Found[] {
  return forms.flatMap((form) => {
    const found: Found[] = []
    for (let from = text.indexOf(form); from >= 0; from = text.indexOf(form, from + form.length))
      found.push({ from, to: from + form.length, mark: MARK })
    return found
  })
}

/** What overlaps is left out as one. */
function withoutFound(text: string, found: readonly Found[]): string {
  const merged: Found[] = []
  for (const one of found.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = merged.at(-1)
    if (last === undefined || one.from >= last.to) merged.push({ ...one })
    else last.to = Math.max(last.to, one.to)
  }
  let clean = ''
  let at = 0
  for (const { from, to, mark } of merged) {
    clean += text.slice(at, from) + mark
    at = to
  }
  return clean + text.slice(at)
}

/**
 * The same value without the secrets of this process in any of its texts. By their values alone: what only looks like a secret, such as a
 * column of a migration, stays. For plain JSON.
 */
export function redactIn<T>(value: T, env: NodeJS.ProcessEnv = process.env): T {
  const forms = formsOf(env)
  return forms.length === 0 ? value : (cleaned(value, forms) as T)
}

function cleaned(value: unknown, forms: readonly string[]): unknown {
  if (typeof value === 'string') return without(value, forms)
  if (Array.isArray(value)) return value.map((each) => cleaned(each, forms))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [without(key, forms), cleaned(each, forms)]),
  )
}

function without(text: string, forms: readonly string[]): string {
  return withoutFound(text, knownIn(text, forms))
}

/** Every secret that is known, as it is and as it stands in an address, in JSON, behind `Basic`; the longest first, since one may hold another. */
function formsOf(env: NodeJS.ProcessEnv): string[] {
  const named = SECRET_NAMES.flatMap((name) => env[name] ?? []).filter((value) => value.length >= 4)
  const forms = [...named, ...givenSecrets()].flatMap(writtenAs)
  return [...new Set(forms)].sort((a, b) => b.length - a.length)
}

function writtenAs(secret: string): string[] {
  const address = /^https?:\/\/[^/]+(?<path>\/.{12,})$/s.exec(secret)?.groups?.['path']
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    // The host is no secret, and what failed there may be said of it.
    ...(address === undefined ? [] : [address]),
  ]
}
