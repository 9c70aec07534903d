import { hasRoom, LIMITS } from '../contract/limits.js'
import { CancellationScope, condition, patched } from '@temporalio/workflow'
import type { Announcement, AnnouncementPlace, Channel } from '../contract/announcement.js'
import type { Ask } from '../contract/ask.js'
import type { Gate } from '../contract/names.js'
import { defined } from '../contract/defined.js'
import type { MigrationRequest, RunView } from '../contract/run.js'
import { tell } from './activities.js'
import { plain } from '../contract/command-line.js'
import type { EscalationStep } from '../contract/policy.js'
import { channelsFor, isPager } from '../runbook/escalation.js'
import { threadHead } from '../runbook/messages.js'
import { visible } from '../text/visible.js'
import { now } from './clock.js'
import { placeOf, type Words, wordsAt } from '../contract/next-command.js'

/** How long the end of a run waits for messages that are still under way. Milliseconds. */
const FAREWELL_MS = 60_000

/** How long other messages wait for an alert that is under way. Milliseconds. */
const BEHIND_ALERT_MS = 30_000

/** How long a message waits for those before it where they stand in one thread, which the first begins; and an alert. Milliseconds. */
const BEHIND_EARLIER_MS = 30_000
const ALERT_BEHIND_EARLIER_MS = 5_000

/**
 * Tells people, in the background and past any abort: a dead channel never holds up a migration (invariant 9), and what
 * was not delivered stands in the state.
 */
export class Announcer {
  private readonly request: MigrationRequest
  private readonly view: RunView
  private readonly runKey: string
  private underWay = 0
  private urgent = 0
  private readonly inFlight = new Set<Announcement>()
  /** What still asks for a decision. */
  private asking: { announcement: Announcement; ask: Ask; to: readonly string[] }[] = []

  constructor(request: MigrationRequest, view: RunView, runKey: string) {
    this.request = request
    this.view = view
    this.runKey = runKey
  }

  /** `about`: what it asks of people, until {@link close}, so long after the gate opened (milliseconds). */
  tell(
    kind: Announcement['kind'],
    said: Words,
    about?: { ask: Ask; afterMs: number; escalation: readonly EscalationStep[] },
  ): void {
    if (kind === 'note' && !hasRoom(this.view.announcements, LIMITS.announcements)) return
    const { channels } = this.request
    const to = channelsFor(channels, about === undefined ? undefined : { gate: about.ask.gate, ...about })
    this.send(kind, said, { ask: about?.ask, to })
  }

  /** Nobody is asked at this gate any more. Told to those channels that showed or held that somebody was; a run that has none says nothing. */
  close(gate: Gate, said: Words): void {
    const told = this.asking.filter(({ ask }) => ask.gate === gate)
    this.asking = this.asking.filter(({ ask }) => ask.gate !== gate)
    const asked = told.map(({ announcement }) => announcement)
    const to = this.request.channels
      .filter((channel) => showsThatItAsks(channel) && told.some((one) => one.to.includes(channel.name)))
      .map(({ name }) => name)
    if (to.length > 0) this.send('note', said, { closes: gate, asked, to })
  }

  /** The gates that are still asked for. */
  get askedFor(): Gate[] {
    return [...new Set(this.asking.map(({ ask }) => ask.gate))]
  }

  private send(kind: Announcement['kind'], said: Words, about: About): void {
    const { ask, closes, to } = about
    const text = wordsAt(placeOf(this.view), said)
    const dedupeId = `${this.view.runId}/${this.view.announcements.length + 1}`
    const message = { kind, text, at: now(), dedupeId, ...defined({ closes }) }
    const announcement: Announcement = { ...message, deliveries: [] }
    this.view.announcements.push(announcement)
    if (ask !== undefined && this.request.channels.some(showsThatItAsks))
      this.asking.push({ announcement, ask, to })
    const count = (by: 1 | -1): void => {
      this.underWay += by
      if (kind === 'emergency') this.urgent += by
    }
    const done = (): void => {
      this.inFlight.delete(announcement)
      count(-1)
    }
    count(1)
    const earlier = [...this.inFlight]
    this.inFlight.add(announcement)
    this.deliver(announcement, message, { ...about, earlier }).then(done, done)
  }

  /** Lets messages that are still under way arrive, for a while. */
  async announceEnd(): Promise<void> {
    if (this.underWay === 0) return
    await condition(() => this.underWay === 0, FAREWELL_MS, { summary: 'Last messages' })
  }

  /** An alert has the news, and what asks for a decision about it comes behind: for a while, since a channel may be dead. */
  private async afterEmergencies(): Promise<void> {
    await CancellationScope.nonCancellable(() =>
      condition(() => this.urgent === 0, BEHIND_ALERT_MS, { summary: 'The alert goes first' }),
    )
  }

  /** For a while: a channel may be dead. */
  private async afterEarlier(kind: Announcement['kind'], earlier: readonly Announcement[]): Promise<void> {
    const there = (): boolean => !earlier.some((one) => this.inFlight.has(one))
    if (there()) return
    const limitMs = kind === 'emergency' ? ALERT_BEHIND_EARLIER_MS : BEHIND_EARLIER_MS
    await CancellationScope.nonCancellable(() =>
      condition(there, limitMs, { summary: 'The messages before it go first' }),
    )
  }

  /** Where it goes of each channel that keeps a run together: an update takes the place of the one that was the news until now. */
  private placesFor(announcement: Announcement): AnnouncementPlace[] {
    // What only takes buttons away is no message of its own.
    const announcements = this.view.announcements.filter(({ closes }) => closes === undefined)
    const before = announcements[announcements.indexOf(announcement) - 1]
    const sent = (one: Announcement | undefined, channel: string): string | undefined =>
      one?.deliveries.find((delivery) => delivery.channel === channel)?.ts
    return this.request.channels.flatMap(({ kind, name: channel }) => {
      if (kind !== 'slack-app') return []
      const first = announcements.find((one) => sent(one, channel) !== undefined)
      const thread = sent(first, channel)
      if (first === undefined || thread === undefined) return []
      const replaces =
        announcement.kind === 'update' && before?.kind === 'update' ? sent(before, channel) : undefined
      const head = threadHead({
        ...{ newest: announcement.text, first: first.text, count: announcements.indexOf(announcement) + 1 },
        ...{ at: Date.parse(announcement.at), timeZone: this.request.timeZone },
      })
      const headAsks = this.asking.find((one) => one.announcement === first)?.ask
      return [{ channel, thread, head, ...defined({ replaces, headAsks }) }]
    })
  }

  private async deliver(
    announcement: Announcement,
    message: Omit<Announcement, 'deliveries'>,
    { ask, closes, asked: asking = [], to, earlier }: About & { earlier: readonly Announcement[] },
  ): Promise<void> {
    const { target, channels } = this.request
    const [title = message.kind] = plain(message.text).split('\n')
    // Nothing is awaited without need: a run replays its commands in the order in which they were given.
    const others = earlier.some((one) => this.inFlight.has(one))
    const inOrder =
      channels.some((channel) => channel.kind === 'slack-app' || isPager(channel)) ||
      (others && patched('in-order'))
    if (!inOrder && message.kind !== 'emergency' && this.urgent > 0 && patched('emergency-first'))
      await this.afterEmergencies()
    // An alert that arrives behind its own end would stay open: what asked goes first, however long that takes.
    if (asking.some((one) => this.inFlight.has(one)))
      await CancellationScope.nonCancellable(() =>
        condition(() => !asking.some((one) => this.inFlight.has(one))),
      )
    if (inOrder) await this.afterEarlier(message.kind, earlier)
    const places = closes === undefined ? this.placesFor(announcement) : []
    const asked = asking.flatMap(({ deliveries }) =>
      deliveries.flatMap(({ channel, ts }) => (ts === undefined ? [] : [{ channel, ts }])),
    )
    const asks = channels.some(showsThatItAsks) ? ask : undefined
    const only = to.length === channels.length ? undefined : [...to]
    try {
      announcement.deliveries = await CancellationScope.nonCancellable(() =>
        tell.announce.executeWithOptions({ summary: summaryOf(title) }, [
          {
            ...{ runKey: this.runKey, target, channels, message, ...defined({ asks, only }) },
            ...(places.length === 0 ? {} : { places }),
            ...(closes === undefined ? {} : { asked }),
          },
        ]),
      )
    } catch (error) {
      announcement.deliveries = [{ channel: 'every channel', delivered: false, error: String(error) }]
    }
  }
}

/** What a message is about, beside its text. */
interface About {
  /** Names of the channels that hear of it. */
  to: readonly string[]
  ask?: Ask | undefined
  /** With the messages that asked. */
  closes?: Gate
  asked?: readonly Announcement[]
}

/** Whether a channel shows, or holds, that somebody is asked, so that it must hear when nobody is any more. */
function showsThatItAsks(channel: Channel): boolean {
  return isPager(channel) || (channel.kind === 'slack-app' && channel.decisions !== undefined)
}

/** Temporal refuses a summary of more than 400 bytes, and with it the whole task; a title holds what people wrote. */
export function summaryOf(title: string): string {
  return visible(title)
    .slice(0, 120)
    .replace(/[\uD800-\uDBFF]$/, '')
}
