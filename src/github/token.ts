import { createPrivateKey, createSign, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { RunbookError } from '../contract/failures.js'
import { noteSecret } from '../contract/given-secrets.js'
import { nameOf, sendTo, type Repository } from './send.js'

/** A GitHub App: its ID or client ID, and its private key in PEM. */
export interface App {
  id: string
  privateKey: string
}

/** GitHub takes ten minutes at most; clocks differ. Seconds. https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app */
const JWT_BEFORE = 60
const JWT_FOR = 9 * 60
/** A token is renewed so long before it ends. Milliseconds. */
const EARLY_MS = 5 * 60_000

const installationSchema = z.object({ id: z.number().int().positive() })
const tokenSchema = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) })

/** Tokens of the app's installation, for this repository alone; each is used until it is about to end. Throws `ConfigInvalid` for a broken key. */
export function installationTokens(
  { id, privateKey }: App,
  { url, repository, now = Date.now }: { url: string; repository: Repository; now?: () => number },
): () => Promise<string> {
  const key = keyOf(privateKey)
  let kept: { token: string; until: number } | undefined
  let coming: Promise<string> | undefined
  const renew = async (): Promise<string> => {
    const asApp = jwtOf(id, key, now())
    const installation = await asked(
      'GET',
      `${url}/repos/${nameOf(repository)}/installation`,
      asApp,
      installationSchema,
    )
    const made = await asked(
      'POST',
      `${url}/app/installations/${installation.id}/access_tokens`,
      asApp,
      tokenSchema,
      {
        repositories: [repository.name],
      },
    )
    noteSecret(made.token)
    kept = { token: made.token, until: Date.parse(made.expires_at) - EARLY_MS }
    return made.token
  }
  return () => {
    if (kept !== undefined && now() < kept.until) return Promise.resolve(kept.token)
    coming ??= renew().finally(() => (coming = undefined))
    return coming
  }
}

async function asked<T>(
  method: string,
  address: string,
  token: string,
  schema: z.ZodType<T>,
  body?: object,
): Promise<T> {
  const { response, text } = await sendTo(address, { method, token, body })
  const parsed = response.ok ? schema.safeParse(JSON.parse(text)) : undefined
  if (parsed?.success === true) return parsed.data
  const { status } = response
  if (status >= 500 || status === 429)
    throw new RunbookError('Network', `GitHub gives the app no token now: it answered ${status}.`, {
      advice: 'Try again later.',
      details: { status },
    })
  throw new RunbookError(
    'NotAuthenticated',
    `GitHub gives the app no token for this repository: it answered ${status}.`,
    {
      advice:
        'Is D1_RUNBOOK_GITHUB_APP_ID that of the app, the key one of its private keys, the app installed on this repository, and the clock of this machine right?',
      details: { status },
    },
  )
}

function keyOf(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'rsa') return key
  } catch {
    // What is in it is nobody's business, in a message neither.
  }
  throw new RunbookError('ConfigInvalid', 'The private key of the GitHub App is no RSA key in PEM.', {
    advice: 'Generate one on the page of the app, and name its file: D1_RUNBOOK_GITHUB_APP_KEY_FILE.',
  })
}

function jwtOf(id: string, key: KeyObject, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: seconds - JWT_BEFORE, exp: seconds + JWT_FOR, iss: id })}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`
}
