import { createHash, randomBytes } from 'node:crypto'

/**
 * What the console remembers while it runs, and forgets when it stops: who is signed in, which challenges are out, who asked how often.
 * All of it is bounded: whoever asks without end pushes out the oldest, and takes no memory.
 */
const MOST = 2_000
const SESSION_MS = 12 * 3_600_000
const IDLE_MS = 2 * 3_600_000
const CHALLENGE_MS = 5 * 60_000

export type Now = () => number

/** Who is signed in. A token is kept as its hash: reading this memory lets nobody in. */
export class Sessions {
  private readonly open = new Map<string, { person: string; since: number; seen: number }>()
  private readonly now: Now

  constructor(now: Now) {
    this.now = now
  }

  begin(person: string): string {
    const token = randomToken()
    keep(this.open, hashed(token), { person, since: this.now(), seen: this.now() })
    return token
  }

  /** Undefined where nobody is signed in with it, or not any more. */
  personOf(token: string | undefined): string | undefined {
    const found = token === undefined ? undefined : this.open.get(hashed(token))
    if (token === undefined || found === undefined) return undefined
    if (this.now() - found.since > SESSION_MS || this.now() - found.seen > IDLE_MS) {
      this.end(token)
      return undefined
    }
    found.seen = this.now()
    return found.person
  }

  end(token: string | undefined): void {
    if (token !== undefined) this.open.delete(hashed(token))
  }
}

/** Random challenges for signing in and for making a passkey: each is good once, and for five minutes. */
export class Challenges {
  private readonly out = new Map<string, number>()
  private readonly now: Now

  constructor(now: Now) {
    this.now = now
  }

  /** Base64url. */
  issue(): string {
    const challenge = randomToken()
    keep(this.out, challenge, this.now())
    return challenge
  }

  take(challenge: string): boolean {
    const since = this.out.get(challenge)
    this.out.delete(challenge)
    return since !== undefined && this.now() - since <= CHALLENGE_MS
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

  allows(key: string): boolean {
    const before = this.seen.get(key)
    const fresh = before === undefined || this.now() - before.from >= 60_000
    const count = fresh ? 1 : before.count + 1
    if (fresh) keep(this.seen, key, { from: this.now(), count })
    else before.count = count
    return count <= this.most
  }
}

export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

export function hashed(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MOST) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
