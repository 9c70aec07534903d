/** The routes that a fault can strike, one name for each thing that Wrangler or the SDK asks for. */
export type RouteName =
  | 'verify'
  | 'user'
  | 'accounts'
  | 'memberships'
  | 'list'
  | 'info'
  | 'create'
  | 'delete'
  | 'query'
  | 'raw'
  | 'import'
  | 'upload'
  | 'export'
  | 'download'
  | 'bookmark'
  | 'restore'
  | 'graphql'
  | 'insights'

/**
 * - `429`: refused, with Retry-After; `500`: refused; `504-before`, `504-after`: timed out before or after the effect
 * - `reset-before`, `reset-after`: the connection is cut before or after the effect
 * - `slow`: done at once, answered `afterMs` later; `success-false`: status 200 with `success: false` inside, nothing done
 * - `truncated`: a download ends early and looks whole; `cut`: it breaks off half-way
 * - `stuck`: an export or import never becomes complete
 * - `says`: refused in the words of the rule's `says`, nothing done
 * - `answers`: status 200 with the rule's `body`, nothing done
 * - `revoked`: from this call on the token is worth nothing
 */
export type FaultKind =
  | '429'
  | '500'
  | '504-before'
  | '504-after'
  | 'reset-before'
  | 'reset-after'
  | 'slow'
  | 'success-false'
  | 'truncated'
  | 'cut'
  | 'stuck'
  | 'says'
  | 'answers'
  | 'revoked'

export interface FaultRule {
  route: RouteName
  /** Which of the calls that the rule sees, from 1; `all` for each of them. Default: 1. */
  call?: number | 'all'
  kind: FaultKind
  /** Delay of `slow` in milliseconds. Default: 1000. */
  afterMs?: number
  /** What `says` answers. */
  says?: { status: number; code: number; message: string }
  /** What `answers` answers, JSON. */
  body?: string
  /** Only calls whose SQL (else path and body) matches are seen. */
  match?: RegExp
}

/** Which faults are to come. A rule counts calls from when it was made. */
export class Faults {
  private rules: { rule: FaultRule; seen: number }[] = []
  /** Set by a `revoked` fault; stays until {@link clear}. */
  tokenRevoked = false

  add(rule: FaultRule): void {
    this.rules.push({ rule, seen: 0 })
  }

  clear(): void {
    this.rules = []
    this.tokenRevoked = false
  }

  /** Counts the call and answers the first rule that strikes it. */
  strike(route: RouteName, text: string): FaultRule | undefined {
    let struck: FaultRule | undefined
    for (const entry of this.rules) {
      const { rule } = entry
      // `search` ignores the state that a global expression carries from call to call.
      if (rule.route !== route || (rule.match !== undefined && text.search(rule.match) < 0)) continue
      entry.seen += 1
      if (rule.call === 'all' || (rule.call ?? 1) === entry.seen) struck ??= rule
    }
    if (struck?.kind === 'revoked') this.tokenRevoked = true
    return struck
  }
}
