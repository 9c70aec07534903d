import { CancellationScope, condition } from '@temporalio/workflow'
import type { Announcement } from '../contract/announcement.js'
import type { MigrationRequest, RunView } from '../contract/run.js'
import { tell } from './activities.js'
import { plain } from '../contract/command-line.js'
import { now } from './clock.js'
import { type Words, wordsAt } from '../contract/next-command.js'

/** How long the end of a run waits for messages that are still under way. Milliseconds. */
const FAREWELL_MS = 60_000

/**
 * Tells people, in the background and past any abort: a dead channel never holds up a migration (invariant 9), and what
 * was not delivered stands in the state.
 */
export class Announcer {
  private readonly request: MigrationRequest
  private readonly view: RunView
  private readonly runKey: string
  private underWay = 0

  constructor(request: MigrationRequest, view: RunView, runKey: string) {
    this.request = request
    this.view = view
    this.runKey = runKey
  }

  tell(kind: Announcement['kind'], said: Words): void {
    const text = wordsAt({ environment: this.view.environment }, said)
    const dedupeId = `${this.view.runId}/${this.view.announcements.length + 1}`
    const message = { kind, text, at: now(), dedupeId }
    const announcement: Announcement = { ...message, deliveries: [] }
    this.view.announcements.push(announcement)
    this.underWay += 1
    this.deliver(announcement, message).then(
      () => (this.underWay -= 1),
      () => (this.underWay -= 1),
    )
  }

  /** Lets messages that are still under way arrive, for a while. */
  async announceEnd(): Promise<void> {
    if (this.underWay === 0) return
    await condition(() => this.underWay === 0, FAREWELL_MS, { summary: 'Last messages' })
  }

  private async deliver(
    announcement: Announcement,
    message: Omit<Announcement, 'deliveries'>,
  ): Promise<void> {
    const { target, channels } = this.request
    const [title = message.kind] = plain(message.text).split('\n')
    try {
      announcement.deliveries = await CancellationScope.nonCancellable(() =>
        tell.announce.executeWithOptions({ summary: title }, [
          { runKey: this.runKey, target, channels, message },
        ]),
      )
    } catch (error) {
      announcement.deliveries = [{ channel: 'every channel', delivered: false, error: String(error) }]
    }
  }
}
