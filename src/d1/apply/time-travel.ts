import { defined } from '../../contract/defined.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { resolveAccount } from '../cloudflare/account.js'
import { apiClient, askApi } from '../cloudflare/api.js'
import { apiPath, type ApiClient } from '../cloudflare/send.js'
import { demandSuccess, parseJsonOutput, runWrangler } from '../wrangler/wrangler.js'
import { command, words } from '../../contract/next-command.js'

/**
 * The Time Travel bookmark of now. Empty for a local database, which has none. Throws what reading throws.
 */
export async function readBookmark(target: Target): Promise<{ bookmark?: string }> {
  if (!target.database.remote) return {}
  const client = apiClient()
  return client === undefined ? wranglerBookmark(target) : apiBookmark(target, client)
}

/** The same, to explain something by: undefined where the API is not at hand, or does not say it at once. */
export async function bookmarkAtHand(target: Target): Promise<string | undefined> {
  const client = apiClient()
  if (!target.database.remote || client === undefined) return undefined
  const asked = apiBookmark(target, { ...client, tries: 1 })
  return asked.then(
    ({ bookmark }) => bookmark,
    () => undefined,
  )
}

export async function apiBookmark(target: Target, client: ApiClient): Promise<{ bookmark?: string }> {
  const accountId = await resolveAccount(target, client)
  const answer = await askApi(client, {
    what: `Reading the bookmark of ${target.database.name}`,
    path: apiPath('accounts', accountId, 'd1', 'database', target.database.id, 'time_travel', 'bookmark'),
    schema: z.object({ bookmark: z.string().nullish() }),
  })
  return bookmarkOf(answer, 'bookmark')
}

export async function wranglerBookmark(target: Target): Promise<{ bookmark?: string }> {
  const result = await runWrangler({
    target,
    args: ['d1', 'time-travel', 'info', target.database.name, '--json'],
    timeoutMs: 60_000,
  })
  const { stdout } = demandSuccess(result, `Reading the bookmark of ${target.database.name}`)
  return bookmarkOf(parseJsonOutput(stdout), 'bookmark')
}

function bookmarkOf(answer: unknown, field: string): { bookmark?: string } {
  const bookmark = (answer as Record<string, unknown>)[field]
  return typeof bookmark === 'string' && bookmark !== '' ? { bookmark } : {}
}

/** Travelling twice to one bookmark leads to the same state; D1 allows ten restores in ten minutes. */
const TRAVEL_TRIES = 3

/**
 * Takes the database back to a bookmark, with `wrangler d1 time-travel restore`. `previousBookmark` undoes it, also when an
 * answer was lost and the journey made again: a second one would name the first one's end. A caller that may die on the way
 * keeps what `onBookmark` says, and gives it as `departure` when it tries again; then one try is made, and no other. Throws `ConfigInvalid` for a
 * local database, `BookmarkInvalid`, `RateLimited` past D1's 10 restores in 10 minutes, and `OutcomeUnknown` or `Network`
 * (with `details.undoBookmark`) when no answer came: read the schema before trying again.
 */
export async function restoreBookmark(request: {
  target: Target
  bookmark: string
  /** The bookmark of before an earlier try. */
  departure?: string
  onBookmark?: (bookmark: string) => void
  signal?: AbortSignal
}): Promise<{ bookmark: string; previousBookmark: string }> {
  const { target, signal, departure } = request
  if (!target.database.remote) {
    throw new RunbookError(
      'ConfigInvalid',
      `${target.database.name} is a local database: it has no Time Travel.`,
      {
        advice: words`Restore a backup instead: ${command('backup restore', 'ZIP', '--to', 'DIR')}.`,
      },
    )
  }
  const undo = departure ?? (await readBookmark(target)).bookmark
  if (undo !== undefined) request.onBookmark?.(undo)
  for (let tries = departure === undefined ? 1 : TRAVEL_TRIES; ; tries += 1) {
    try {
      const journey = await travel(request)
      return tries === 1 || undo === undefined ? journey : { ...journey, previousBookmark: undo }
    } catch (error) {
      signal?.throwIfAborted()
      if (!isUnanswered(error)) throw error
      if (tries >= TRAVEL_TRIES) throw withUndo(error, undo)
      await sleep(1000)
    }
  }
}

function isUnanswered(error: unknown): error is RunbookError {
  return error instanceof RunbookError && (error.type === 'OutcomeUnknown' || error.type === 'Network')
}

function withUndo(error: RunbookError, undoBookmark: string | undefined): RunbookError {
  if (undoBookmark === undefined) return error
  return new RunbookError(error.type, `${error.message} Before it, the bookmark was ${undoBookmark}.`, {
    advice: error.adviceWords,
    cause: error,
    details: { undoBookmark },
  })
}

async function travel({
  target,
  bookmark,
  signal,
}: Parameters<typeof restoreBookmark>[0]): ReturnType<typeof restoreBookmark> {
  const what = `Time Travel of ${target.database.name}`
  const result = await runWrangler({
    target,
    args: ['d1', 'time-travel', 'restore', target.database.name, '--bookmark', bookmark, '--json'],
    timeoutMs: 120_000,
    ...defined({ signal }),
  })
  signal?.throwIfAborted()
  const answer = parseJsonOutput(demandSuccess(result, what).stdout)
  const restored = bookmarkOf(answer, 'bookmark').bookmark
  const previous = bookmarkOf(answer, 'previous_bookmark').bookmark
  if (restored === undefined || previous === undefined) {
    throw new RunbookError('OutcomeUnknown', `${what} gave no bookmarks back.`, {
      advice: words`Read the state first: ${command('status')}.`,
    })
  }
  return { bookmark: restored, previousBookmark: previous }
}
