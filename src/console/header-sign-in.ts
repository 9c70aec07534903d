import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { samePerson } from '../runbook/people/people.js'
import type { Person } from '../contract/policy.js'
import type { Now } from './memory.js'

/** What a proxy that knows people says of who asks: a token (JWT) in a header, signed by its issuer. */
export interface HeaderSignIn {
  header: string
  /** `iss` and `aud` of the tokens. */
  issuer: string
  audience: string
  /** Address of the issuer's public keys (JWKS). */
  keys: string
  /** Of signatures; none whose key is no secret of the issuer. */
  algorithms: readonly string[]
  claim: 'email' | 'sub'
  /** What stands in the claim, and the name in `people` that it is. */
  people: Readonly<Record<string, string>>
}

/** `until`: when the token ends, in epoch milliseconds. */
export type HeaderAnswer = { person: string; token: string; until: number } | { problem: string }
export type HeaderReader = (value: string) => Promise<HeaderAnswer>

const FETCH_TIMEOUT_MS = 5_000
/** How often at most a key that is not known makes us fetch the keys again, and a fetch that brought none is tried again. */
const COOLDOWN_MS = 30_000
const TRY_AGAIN_MS = 5_000
/** Keys that the issuer withdrew are believed for that long. */
const KEYS_AGE_MS = 10 * 60_000
/** By how much the issuer's clock may differ from ours. Seconds. */
const CLOCK_TOLERANCE_S = 10
/** Longest token that is looked at. Characters. */
const MOST = 8 * 1024

/** One token, as `Authorization` has it, too. Two headers of one name come as one, with a comma, which fits no token. */
const ONE_TOKEN = /^(?:bearer )?([\w-]+\.[\w-]+\.[\w-]+)$/i

/** Reads the header of whoever asks; keeps the issuer's keys between two looks. Never throws. */
export function headerReader(
  signIn: HeaderSignIn,
  { people, now, timeoutMs = FETCH_TIMEOUT_MS }: { people: readonly Person[]; now: Now; timeoutMs?: number },
): HeaderReader {
  let keys: JWTVerifyGetKey | undefined
  return async (value) => {
    const token = value.length > MOST ? undefined : ONE_TOKEN.exec(value)?.[1]
    if (token === undefined) return { problem: `what stands in ${signIn.header} is not one token` }
    // Only who signs in like this loads it.
    const jose = await import('jose')
    keys ??= jose.createRemoteJWKSet(new URL(signIn.keys), {
      ...{ timeoutDuration: timeoutMs, cooldownDuration: COOLDOWN_MS, cacheMaxAge: KEYS_AGE_MS },
      [jose.customFetch]: fetchedInTurn(),
    })
    try {
      const { issuer, audience, algorithms } = signIn
      const { payload } = await jose.jwtVerify(token, keys, {
        ...{ issuer, audience, algorithms: [...algorithms], requiredClaims: ['exp'] },
        ...{ clockTolerance: CLOCK_TOLERANCE_S, currentDate: new Date(now()) },
      })
      const who = personOf(payload, signIn, people)
      return 'problem' in who ? who : { ...who, token, until: (payload.exp ?? 0) * 1_000 }
    } catch (error) {
      return { problem: whyRefused(error, signIn) }
    }
  }
}

/** One fetch in five seconds, whatever it brought: whoever asks without end is no load for an issuer that does not answer well. */
function fetchedInTurn(): (address: string, init: RequestInit) => Promise<Response> {
  let lastAt = -Infinity
  return async (address, init) => {
    if (performance.now() - lastAt < TRY_AGAIN_MS) throw new Error('they were asked for a moment ago')
    lastAt = performance.now()
    return fetch(address, init)
  }
}

function personOf(
  payload: JWTPayload,
  { claim, people: known }: HeaderSignIn,
  people: readonly Person[],
): { person: string } | { problem: string } {
  const said = payload[claim]
  if (typeof said !== 'string' || said === '') return { problem: `the token has no ${claim}` }
  if (claim === 'email' && !isVerified(payload))
    return { problem: 'its issuer has not verified the e-mail address' }
  const names = Object.entries(known).flatMap(([value, name]) =>
    (claim === 'email' ? plainLower(value) === plainLower(said) : value === said) ? [name] : [],
  )
  const [name] = names
  const person = name === undefined ? undefined : people.find((one) => samePerson(one.name, name))
  if (name === undefined || person === undefined)
    return { problem: `${said} is nobody in console.signIn.people of the configuration` }
  if (names.some((other) => !samePerson(other, name)))
    return { problem: `${said} is two people in console.signIn.people: it lets in neither` }
  return { person: person.name }
}

/** Issuers for which an address is always its owner's say nothing of it; some write the word. https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims */
function isVerified(payload: JWTPayload): boolean {
  if (!Object.hasOwn(payload, 'email_verified')) return true
  const said = payload['email_verified']
  return said === true || said === 'true'
}

/** Capitals make no second address. Beyond ASCII they do: there, letters that merely look alike have one small form. */
function plainLower(address: string): string {
  return /^[\x21-\x7e]+$/.test(address) ? address.toLowerCase() : address
}

function whyRefused(error: unknown, { keys }: HeaderSignIn): string {
  const { code, claim } = error as { code?: unknown; claim?: unknown }
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return 'its token has expired'
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return `its token does not hold for this console: ${typeof claim === 'string' ? claim : 'a claim'} is missing or another`
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return 'its token is signed in a way that console.signIn.algorithms does not name'
    case 'ERR_JWKS_NO_MATCHING_KEY':
    case 'ERR_JWKS_MULTIPLE_MATCHING_KEYS':
      return 'its token names no key of the issuer'
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'the signature of its token is not good'
    case 'ERR_JWS_INVALID':
    case 'ERR_JWT_INVALID':
    case 'ERR_JOSE_NOT_SUPPORTED':
      return 'its token is none that can be read'
    default:
      return `no key that fits could be had from ${keys}`
  }
}
