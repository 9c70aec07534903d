const SECRET_NAMES = [
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_API_KEY',
  'CF_API_TOKEN',
  'CF_API_KEY',
  'CLOUDFLARE_API_USER_SERVICE_KEY',
  'D1_RUNBOOK_CODEC_KEYS',
  'D1_RUNBOOK_CODEC_TOKEN',
  'RUNBOOK_STORAGE_SECRET',
]

const SECRET_SHAPES: [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [secret]'],
  [/\b((?:api[-_]?)?(?:token|key|secret|password))(["']?\s*[=:]\s*["']?)[\w.~+/=-]{12,}/gi, '$1$2[secret]'],
  [/https:\/\/hooks\.slack\.com\/\S+/gi, '[secret address]'],
  // A signed download address is a key of its own.
  [
    /([?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|sig|signature|token)=)[^&\s"']+/gi,
    '$1[secret]',
  ],
]

/** `text` without the secrets of this process' environment and without anything that looks like one. */
export function redact(text: string, env: NodeJS.ProcessEnv = process.env): string {
  let clean = text
  for (const name of SECRET_NAMES) {
    const value = env[name]
    if (value !== undefined && value.length >= 4) clean = clean.replaceAll(value, '[secret]')
  }
  for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement)
  return clean
}
