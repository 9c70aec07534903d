import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * What the console remembers while it runs, and forgets when it stops: who is signed in, which challenges were answered, who failed how often.
 * All of it is bounded: whoever asks without end pushes out the oldest, and takes no memory.
 */
const MOST = 2_000
const SESSION_MS = 12 * 3_600_000
const IDLE_MS = 2 * 3_600_000
const CHALLENGE_MS = 5 * 60_000
/** Of a challenge: when it was made (six bytes), and what is random; then the seal. Bytes. */
const CHALLENGE_HEAD = 32
const SEAL = 32

export type Now = () => number

/** Somebody who signed in. `over` is aborted when they sign out, and when the session is found to have ended. */
export interface SignedIn {
  person: string
  over: AbortSignal
}

interface Kept extends SignedIn {
  since: number
  seen: number
  end: AbortController
}

/** Who is signed in. A token is kept as its hash: reading this memory lets nobody in. */
export class Sessions {
  private readonly open = new Map<string, Kept>()
  private readonly now: Now

  constructor(now: Now) {
    this.now = now
  }

  begin(person: string): string {
    const token = randomToken()
    this.add(token, person)
    return token
  }

  /** Of somebody whom each request proves anew, by a token that others gave them. */
  proven(token: string, person: string): SignedIn {
    const known = this.find(token, { click: true })
    return known?.person === person ? known : this.add(token, person)
  }

  private add(token: string, person: string): SignedIn {
    const end = new AbortController()
    const at = this.now()
    const session = { person, over: end.signal, since: at, seen: at, end }
    this.end(token)
    keep(this.open, hashed(token), session)?.end.abort()
    return session
  }

  /**
   * Undefined where nobody is signed in with it, or not any more. `click`: a person asked for a page, from which on they are idle; a page
   * that asks by itself keeps no session.
   */
  find(token: string | undefined, { click }: { click: boolean }): SignedIn | undefined {
    const found = token === undefined ? undefined : this.open.get(hashed(token))
    if (found === undefined) return undefined
    if (this.now() - found.since > SESSION_MS || this.now() - found.seen > IDLE_MS) {
      this.end(token)
      return undefined
    }
    if (click) found.seen = this.now()
    return found
  }

  end(token: string | undefined): void {
    if (token === undefined) return
    this.open.get(hashed(token))?.end.abort()
    this.open.delete(hashed(token))
  }
}

/**
 * Challenges for signing in, or for making a passkey: random, each good for five minutes, and once where it was answered well. Nothing is kept of one that is out, so that
 * nobody can push out those of others by asking for many: this process signs them with a key of its own.
 */
export class Challenges {
  private readonly key = randomBytes(32)
  /** Those that were answered, by when. */
  private readonly used = new Map<string, number>()
  private readonly now: Now

  constructor(now: Now) {
    this.now = now
  }

  /** Base64url. */
  issue(): string {
    const head = randomBytes(CHALLENGE_HEAD)
    head.writeUIntBE(this.now(), 0, 6)
    return Buffer.concat([head, this.seal(head)]).toString('base64url')
  }

  /** Whether this process gave it out, no longer ago than five minutes, and nobody has answered it yet. */
  isOpen(challenge: string): boolean {
    const bytes = Buffer.from(challenge, 'base64url')
    const head = bytes.subarray(0, CHALLENGE_HEAD)
    const seal = bytes.subarray(CHALLENGE_HEAD)
    // One spelling for each: two would be two answers.
    if (bytes.length !== CHALLENGE_HEAD + SEAL || bytes.toString('base64url') !== challenge) return false
    if (!timingSafeEqual(seal, this.seal(head))) return false
    const ageMs = this.now() - head.readUIntBE(0, 6)
    return ageMs >= 0 && ageMs <= CHALLENGE_MS && !this.used.has(challenge)
  }

  /** Takes one that was answered well; false where it is not open, or more were answered in five minutes than are kept. */
  use(challenge: string): boolean {
    for (const [old, at] of this.used) if (this.now() - at > CHALLENGE_MS) this.used.delete(old)
    if (!this.isOpen(challenge) || this.used.size >= MOST) return false
    this.used.set(challenge, this.now())
    return true
  }

  private seal(head: Buffer): Buffer {
    return createHmac('sha256', this.key).update(head).digest()
  }
}

/** At most so many in a minute by one key. */
export class Limit {
  private readonly seen = new Map<string, { from: number; count: number }>()
  private readonly most: number
  private readonly now: Now

  constructor(most: number, now: Now) {
    this.most = most
    this.now = now
  }

  /** Counts one more; false where that is too many. */
  allows(key: string): boolean {
    if (this.isReached(key)) return false
    this.count(key)
    return true
  }

  isReached(key: string): boolean {
    return (this.lately(key)?.count ?? 0) >= this.most
  }

  count(key: string): void {
    const before = this.lately(key)
    if (before === undefined) keep(this.seen, key, { from: this.now(), count: 1 })
    else before.count += 1
  }

  private lately(key: string): { count: number } | undefined {
    const found = this.seen.get(key)
    return found !== undefined && this.now() - found.from < 60_000 ? found : undefined
  }
}

export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

export function hashed(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** The oldest one, where it was pushed out. */
function keep<T>(map: Map<string, T>, key: string, value: T): T | undefined {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.size > MOST ? map : []
  if (oldest === undefined) return undefined
  map.delete(oldest[0])
  return oldest[1]
}
