import { visibleLines } from '../text/visible.js'
import { networkReason } from './probes/request.js'
import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { activityInfo, heartbeat } from '@temporalio/activity'
import type { TellActivities } from '../contract/activities.js'
import { announcementSchema, isForAll, type Announcement, type Channel } from '../contract/announcement.js'
import { RunbookError, messageOf } from '../contract/failures.js'
import { plain } from '../contract/command-line.js'
import { LIMITS } from '../contract/limits.js'
import { cutWords, plainDocument } from '../text/words.js'
import { slackMessage } from '../text/slack.js'
import { demandVariable } from '../contract/variables.js'
import { defined } from '../contract/defined.js'
import { pathBelow } from '../process/below.js'
import { readIfThere } from './files.js'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../process/private-files.js'
import { tellByEmail } from './email.js'
import { tellOpsgenie, tellPagerDuty } from './pagers.js'
import { closeInSlack, tellSlackApp, type AskingRun } from './slack-app.js'
import { runFolder, type ActivityContext } from './worker-place.js'

type AnnounceInput = Parameters<TellActivities['announce']>[0]
type Delivery = Announcement['deliveries'][number]

/** After this many tries a dead channel is reported as such instead of being tried again. */
const GIVE_UP_AFTER = 10
const SEND_TIMEOUT_MS = 10_000

/**
 * Sends one message to every channel, at least once each, with an id by which a receiver knows a repetition. A retry
 * leaves out the channels that have it already.
 */
export async function announce(here: ActivityContext, asked: AnnounceInput): Promise<Delivery[]> {
  const input = {
    ...asked,
    message: { ...asked.message, text: cutWords(asked.message.text, LIMITS.message) },
  }
  const { attempt, ...info } = activityInfo()
  const before = deliveredBefore(info.heartbeatDetails as unknown)
  const { only } = input
  const channels = input.channels.filter(({ name }) => only === undefined || only.includes(name))
  const run = {
    workflowId: info.workflowExecution?.workflowId ?? '',
    runId: info.workflowExecution?.runId ?? '',
    environment: input.target.environment,
  }
  const tried = await Promise.all(
    channels.map(async (channel): Promise<{ delivery: Delivery; again: boolean }> => {
      const had = before.find((one) => one.channel === channel.name)
      if (had !== undefined) return { delivery: had, again: false }
      try {
        const ts = await send(here, channel, input, run)
        return { delivery: { channel: channel.name, delivered: true, ...defined({ ts }) }, again: false }
      } catch (error) {
        const delivery = { channel: channel.name, delivered: false, error: reasonOf(error) }
        return { delivery, again: mayHelp(error) }
      }
    }),
  )
  const deliveries = tried.map(({ delivery }) => delivery)
  const dead = tried.filter(({ again }) => again).map(({ delivery }) => delivery)
  if (dead.length === 0 || attempt >= GIVE_UP_AFTER) return deliveries
  heartbeat(deliveries.filter(({ delivered }) => delivered))
  throw new RunbookError(
    'Network',
    dead.map(({ channel, error }) => `${channel}: ${error ?? ''}`).join('; '),
    {
      advice: 'Check the channels in runbook.config and their environment variables on the worker.',
    },
  )
}

/** Whether another try may deliver it: the environment and the configuration of this worker stay as they are. */
function mayHelp(error: unknown): boolean {
  return !(error instanceof RunbookError) || error.retryable
}

/** What an earlier try delivered; one of an earlier version told names alone. */
function deliveredBefore(details: unknown): Delivery[] {
  if (!Array.isArray(details)) return []
  return details.flatMap((one: unknown) => {
    if (typeof one === 'string') return [{ channel: one, delivered: true }]
    const { success, data } = announcementSchema.shape.deliveries.element.safeParse(one)
    return success ? [data] : []
  })
}

/** Returns by what name a message can be replaced, where the channel knows that. */
async function send(
  here: ActivityContext,
  channel: Channel,
  input: AnnounceInput,
  run: AskingRun,
): Promise<string | undefined> {
  const { message } = input
  switch (channel.kind) {
    case 'terminal':
      here.print(visibleLines(plain(message.text)))
      return undefined
    case 'file':
      return appendOnce(channelFile(here, channel.path, input.runKey), message)
    case 'slack':
      return post(demandVariable(channel.webhookUrlEnv, here), JSON.stringify(slackMessage(message.text)), {})
    case 'slack-app':
      if (message.closes !== undefined)
        return closeInSlack(here, channel, {
          text: message.text,
          asked: (input.asked ?? []).filter((one) => one.channel === channel.name).map(({ ts }) => ts),
        }).then(() => undefined)
      return tellSlackApp(here, channel, {
        ...{ text: message.text, forAll: isForAll(message.kind), asks: input.asks, run },
        place: input.places?.find((place) => place.channel === channel.name),
      })
    case 'pagerduty':
    case 'opsgenie': {
      const gate = message.closes ?? input.asks?.gate
      // It wakes people: for nothing but a gate.
      if (gate === undefined) return undefined
      const page = {
        ...{ text: message.text, at: message.at, gate, closes: message.closes !== undefined, run },
        database: { name: input.target.database.name, environment: input.target.environment },
      }
      await (channel.kind === 'pagerduty'
        ? tellPagerDuty(here, channel, page)
        : tellOpsgenie(here, channel, page))
      return undefined
    }
    case 'email':
      await tellByEmail(here, channel, {
        ...{ text: message.text, at: message.at, dedupeId: message.dedupeId, runId: run.runId },
        database: { name: input.target.database.name, environment: input.target.environment },
      })
      return undefined
    case 'webhook': {
      const body = JSON.stringify(
        plainDocument({ ...message, run: input.runKey, database: input.target.database }),
      )
      const key = channel.secretEnv === undefined ? undefined : demandVariable(channel.secretEnv, here)
      const signature = key === undefined ? {} : { 'x-runbook-signature': `sha256=${hmac(key, body)}` }
      return post(demandVariable(channel.urlEnv, here), body, {
        'x-runbook-dedupe-id': message.dedupeId,
        ...signature,
      })
    }
  }
}

/** Below the project, where the worker has it, or below the folder of the run; nowhere else, not by a link either. */
function channelFile(here: ActivityContext, file: string, runKey: string): string {
  const run = runFolder(here, runKey)
  const root = path.isAbsolute(file) && existsSync(here.target.projectDir) ? here.target.projectDir : run
  return pathBelow(root, file)
}

async function appendOnce(file: string, message: AnnounceInput['message']): Promise<undefined> {
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE_FOLDER })
  const marker = `[${message.at} ${message.dedupeId}]`
  const written = (await readIfThere(file)) ?? ''
  if (!written.includes(marker))
    await appendFile(file, `${marker}\n${visibleLines(plain(message.text))}\n\n`, { mode: PRIVATE_FILE })
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<undefined> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    // What the run tells is for the address that the worker was given.
    redirect: 'manual',
    signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
  })
  if (!answer.ok) throw new Error(`answered with ${answer.status}`)
}

function hmac(key: string, body: string): string {
  return createHmac('sha256', key).update(body).digest('hex')
}

/** Why sending failed, without the address: a webhook's URL is a secret. */
function reasonOf(error: unknown): string {
  return error instanceof TypeError ? `cannot be reached: ${networkReason(error)}` : messageOf(error)
}
