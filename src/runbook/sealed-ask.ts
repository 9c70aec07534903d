import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { base64urlnopad } from '@scure/base'
import { sealedAskSchema, type Ask, type SealedAsk } from '../contract/ask.js'
import { canonicalJson } from '../contract/canonical-json.js'
import { defined } from '../contract/defined.js'

/** How long a link or a button in a message is good, where its gate has no earlier deadline. Milliseconds. */
export const ASK_MS = 3 * 24 * 60 * 60_000

/** Nothing that Slack itself signs begins so: its own texts begin with `v0:`. */
const PURPOSE = 'd1-runbook ask, version 1\n'

/** The question of a message that is sent at `at` (epoch milliseconds), for one of its buttons. */
export function askedFor(
  what: SealedAsk['for'],
  { gate, openedAt, planHash, shown, expiresAt }: Ask,
  { run, at }: { run: { workflowId: string; runId: string; team?: string | undefined }; at: number },
): SealedAsk {
  const ends = [at + ASK_MS, ...(expiresAt === undefined ? [] : [Date.parse(expiresAt)])]
  return {
    ...{ for: what, workflow: run.workflowId, run: run.runId },
    ...{ gate, openedAt, planHash, shown, until: new Date(Math.min(...ends)).toISOString() },
    ...defined({ team: what === 'link' ? undefined : run.team }),
  }
}

/** One spelling for each: what it says, base64url, and an HMAC-SHA256 of that by the app's signing secret. */
export function sealAsk(ask: SealedAsk, secret: string): string {
  const said = base64urlnopad.encode(utf8ToBytes(canonicalJson(ask)))
  const seal = hmac(sha256, utf8ToBytes(secret), utf8ToBytes(`${PURPOSE}${said}`))
  return `${said}.${base64urlnopad.encode(seal)}`
}

/** What it says of itself, whoever wrote it: whether it was sealed so is for {@link sealAsk} to say again. Undefined: it is none. */
export function readSealedAsk(sealed: string): SealedAsk | undefined {
  try {
    const [said = ''] = sealed.split('.')
    const text = new TextDecoder('utf-8', { fatal: true }).decode(base64urlnopad.decode(said))
    return sealedAskSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
