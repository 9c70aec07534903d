import { givenSecrets } from '../contract/given-secrets.js'

const SECRET_NAMES = [
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_API_KEY',
  'CF_API_TOKEN',
  'CF_API_KEY',
  'CLOUDFLARE_API_USER_SERVICE_KEY',
  'D1_RUNBOOK_CODEC_KEYS',
  'D1_RUNBOOK_CODEC_TOKEN',
  'RUNBOOK_STORAGE_SECRET',
  'TEMPORAL_API_KEY',
]

const SECRET_SHAPES: [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [secret]'],
  [/\b((?:api[-_]?)?(?:token|key|secret|password))(["']?\s*[=:]\s*["']?)[\w.~+/=-]{12,}/gi, '$1$2[secret]'],
  [/https:\/\/hooks\.slack\.com\/\S+/gi, '[secret address]'],
  [/AGE-SECRET-KEY-[\w-]+/gi, '[secret key of age]'],
  // A signed download address is a key of its own.
  [
    /([?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|sig|signature|token)=)[^&\s"']+/gi,
    '$1[secret]',
  ],
]

/** `text` without the secrets of this process and without anything that looks like one. */
export function redact(text: string, env: NodeJS.ProcessEnv = process.env): string {
  let clean = redactValues(text, env)
  for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement)
  return clean
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

function redactValues(text: string, env: NodeJS.ProcessEnv): string {
  return without(text, formsOf(env))
}

function without(text: string, forms: readonly string[]): string {
  let clean = text
  for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, '[secret]')
  return clean
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
