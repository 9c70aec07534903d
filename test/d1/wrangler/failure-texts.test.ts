import { describe, expect, it } from 'vitest'
import type { FailureType } from '../../../src/contract/failures.js'
import { classify, errorLine } from '../../../src/d1/wrangler/failure-texts.js'
import { redact } from '../../../src/process/redact.js'

const ended = (stderr: string, stdout = ''): { stderr: string; stdout: string; exitCode: number } => ({
  stderr,
  stdout,
  exitCode: 1,
})

describe('what Wrangler prints', () => {
  it.each<[FailureType, string]>([
    ['NotAuthenticated', 'You are not authenticated. Please run `wrangler login`.'],
    [
      'NotAuthenticated',
      `it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for wrangler to work`,
    ],
    [
      'NotAuthenticated',
      'A request to the Cloudflare API (/accounts/x/d1) failed. Authentication error [code: 10000]',
    ],
    [
      'NotPermitted',
      'The given account is not valid or is not authorized to access this service [code: 7403]',
    ],
    ['RateLimited', 'Please wait and consider throttling your request speed [code: 971]'],
    ['RateLimited', 'Received a 429 Too Many Requests'],
    [
      'OutcomeUnknown',
      'Received a malformed response from the API <html>504 Gateway Time-out</html> -> 504 Gateway Timeout',
    ],
    ['OutcomeUnknown', 'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.'],
    ['OutcomeUnknown', 'internal error; reference = abc'],
    ['OutcomeUnknown', 'Internal server error [code: 7500]'],
    ['OutcomeUnknown', 'The request failed [code: 7500]'],
    ['OutcomeUnknown', 'something nobody has ever seen'],
    ['DatabaseNotFound', `Couldn't find a D1 DB with the name or binding 'nope' in your wrangler.toml file.`],
    ['DatabaseNotFound', 'The database 1234 could not be found [code: 7404]'],
    ['SqlRefused', 'no such table: nope: SQLITE_ERROR'],
    ['SqlRefused', 'UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT [code: 7500]'],
    ['SqlRefused', 'near "TABEL": syntax error at offset 7: SQLITE_ERROR'],
    ['SqlRefused', 'not authorized: SQLITE_AUTH [code: 7500]'],
    ['SqlRefused', 'near "429": syntax error at offset 7: SQLITE_ERROR'],
    ['RateLimited', 'Too many restores: at most 10 in 10 minutes [code: 7500]'],
    ['BookmarkInvalid', 'Invalid bookmark: 00000000-00000001 [code: 7500]'],
    ['BookmarkInvalid', 'Bookmark 00000000-1 is outside of the retention period [code: 7500]'],
    ['DatabaseLocked', 'database is locked: SQLITE_BUSY'],
    ['DiskFull', 'ENOSPC: no space left on device, write'],
    ['Network', 'fetch failed'],
    ['Network', 'request to https://api.cloudflare.com failed, reason: connect ECONNREFUSED 127.0.0.1:1'],
    [
      'ConfigInvalid',
      'Processing wrangler.toml configuration:\n - "d1_databases" bindings should have a string "binding"',
    ],
    ['MigrationsNotFound', 'No migrations present at /x/migrations.'],
  ])('%s: %s', (type, text) => {
    expect(classify(ended(text)).type).toBe(type)
    expect(classify(ended('', text)).type).toBe(type)
  })

  it('means nothing when the process was cut off, whatever it had printed', () => {
    expect(classify({ stdout: 'no such table: SQLITE_ERROR', stderr: '', exitCode: undefined }).type).toBe(
      'OutcomeUnknown',
    )
    expect(classify({ stdout: '', stderr: 'fetch failed', exitCode: 1, timedOut: true }).type).toBe(
      'OutcomeUnknown',
    )
  })

  it('is shown as its one line that says why', () => {
    const framed =
      '\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m \u001b[1mno such table: nope: SQLITE_ERROR\u001b[0m\n\n\n🪵  Logs were written to "/x"\n'
    expect(errorLine(ended(framed))).toBe('no such table: nope: SQLITE_ERROR')
    expect(errorLine(ended('', '{ "error": { "text": "a \\"b\\" c" } }'))).toBe('a "b" c')
  })
})

describe("Wrangler's advice to type its own command again", () => {
  const NO_TOKEN = "it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for wrangler to work."
  it.each([
    [
      `✘ [ERROR] ${NO_TOKEN}\n\n  To continue without logging in, rerun this command with \`--temporary\`. Wrangler will use a temporary account and print a claim URL.\n`,
      NO_TOKEN,
    ],
    [
      `✘ [ERROR] ${NO_TOKEN} To continue without logging in, rerun this command with \`--temporary\`.\n`,
      NO_TOKEN,
    ],
    [JSON.stringify({ error: { text: `${NO_TOKEN} Rerun this command with --temporary.` } }), NO_TOKEN],
    ['✘ [ERROR] no such table: temporary: SQLITE_ERROR\n', 'no such table: temporary: SQLITE_ERROR'],
    ['✘ [ERROR] A request failed. Try again later.\n', 'A request failed. Try again later.'],
    ['✘ [ERROR] Rerun this command.\n', 'Rerun this command.'],
  ])('%j is told as %j', (output, told) => {
    expect(errorLine(output.startsWith('{') ? ended('', output) : ended(output))).toBe(told)
  })
})

describe('secrets', () => {
  it('never leave the process', () => {
    const env = { CLOUDFLARE_API_TOKEN: 'v1.0-abcdef0123456789' }
    const text =
      'Authorization: Bearer zzzzzzzzzzzzzzzz, v1.0-abcdef0123456789 https://hooks.slack.com/services/T0/B0/xyz api_token=abcdefghijklmnop'
    const clean = redact(text, env)
    for (const secret of ['zzzzzzzz', 'abcdef0123456789', 'T0/B0', 'abcdefghijklmnop'])
      expect(clean).not.toContain(secret)
  })
})
