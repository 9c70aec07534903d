import { messageOf, RunbookError } from '../contract/failures.js'
import { prose } from '../text/markdown.js'
import { tell, type GitHub } from './send.js'
import type { Verdict } from './verdict.js'
import type { Waiting, WaitingDeployments } from './waiting.js'
import { isSigned, readRequested } from './webhook.js'

const NEEDS = 'deployments: write'
/** Characters of a comment, and status reports of a deployment, of which one is left for the last word. */
const LONGEST_COMMENT = 1_024
const MOST_REPORTS = 9
/** One whose answer could not be given is looked at again after this. Milliseconds. */
const PAUSE_MS = 5 * 60_000

export interface ProtectionOptions {
  github: GitHub
  /** Of the webhook. */
  secret: string
  waiting: WaitingDeployments
  /** About the runs as they are now. `page`: where the run can be read. Throws what GitHub and Temporal throw. */
  verdictOf: (environment: string, sha: string) => Promise<{ verdict: Verdict; page?: string | undefined }>
  note: (text: string) => void
  now?: () => number
}

/**
 * A custom deployment protection rule: what waits for it goes on once the run of the committed files is validated. All that a delivery can do is to have the runs looked
 * at; what is answered follows from them alone. https://docs.github.com/actions/deployment/protecting-deployments/creating-custom-deployment-protection-rules
 */
export class ProtectionRule {
  private readonly options: ProtectionOptions
  private readonly now: () => number
  /** When one may be looked at again, whose last look failed. */
  private readonly pausedUntil = new Map<number, number>()
  private looking: Promise<void> | undefined

  constructor(options: ProtectionOptions) {
    this.options = options
    this.now = options.now ?? Date.now
  }

  /** A delivery as it came; the answer is for GitHub's list of deliveries. */
  async take(
    body: Uint8Array,
    headers: (name: string) => string | undefined,
  ): Promise<{ status: number; text: string }> {
    const { secret, github, waiting } = this.options
    if (!isSigned(secret, body, headers('x-hub-signature-256')))
      return { status: 401, text: 'The signature is not of this body.' }
    const event = headers('x-github-event')
    if (event === 'ping') return { status: 200, text: 'Here.' }
    if (event !== 'deployment_protection_rule')
      return { status: 202, text: 'Nothing here follows from that event.' }
    const asked = readRequested(body, github.repository, this.now())
    if (typeof asked === 'string') return { status: 422, text: asked }
    switch (await waiting.add(asked)) {
      case 'added':
        return { status: 202, text: 'It waits.' }
      case 'known':
        return { status: 200, text: 'It was asked before.' }
      case 'full':
        return { status: 503, text: 'Too many wait already.' }
    }
  }

  /** Looks at all that waits, once; who asks meanwhile waits for the same look. Never throws. */
  look(): Promise<void> {
    this.looking ??= this.lookAtAll().finally(() => (this.looking = undefined))
    return this.looking
  }

  private async lookAtAll(): Promise<void> {
    for (const one of this.options.waiting.list()) {
      if ((this.pausedUntil.get(one.deployment) ?? 0) > this.now()) continue
      try {
        await this.lookAt(one)
        this.pausedUntil.delete(one.deployment)
      } catch (error) {
        this.pausedUntil.set(one.deployment, this.now() + PAUSE_MS)
        this.options.note(
          `Deployment ${one.deployment} of ${one.environment} was not answered: ${messageOf(error)}`,
        )
      }
    }
  }

  private async lookAt(one: Waiting): Promise<void> {
    const { github, waiting, verdictOf, note } = this.options
    const { verdict, page } = await verdictOf(one.environment, one.sha)
    const comment = [prose(verdict.why), ...(page === undefined ? [] : [`[The run](${page})`])]
      .join(' ')
      .slice(0, LONGEST_COMMENT)
    const body = { environment_name: one.environment, comment }
    const path = ['actions', 'runs', one.run, 'deployment_protection_rule']
    if (verdict.state === 'waiting') {
      if (one.told === verdict.waits || one.reports >= MOST_REPORTS) return
      await tell(github, { method: 'POST', path, body, needs: NEEDS })
      await waiting.told(one, verdict.waits)
      return
    }
    try {
      await tell(github, { method: 'POST', path, body: { ...body, state: verdict.state }, needs: NEEDS })
      note(`Deployment of ${one.sha.slice(0, 12)} to ${one.environment}: ${verdict.state}. ${verdict.why}`)
    } catch (error) {
      // It was approved by hand, or cancelled: nothing waits any more.
      if (!(error instanceof RunbookError) || error.details?.['status'] !== 422) throw error
      note(`Deployment of ${one.sha.slice(0, 12)} to ${one.environment} waits no more: ${error.message}`)
    }
    await waiting.end(one)
  }
}
