import { createHash } from 'node:crypto'
import { constants, copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ApiFailure } from './failure.js'
import type { LocalDatabase } from './local-database.js'

interface Moment {
  bookmark: string
  /** Milliseconds since the epoch. */
  at: number
  /** Copy of the database as it was; undefined once it has expired. */
  snapshot: string | undefined
}

const RESTORES = 10
const RESTORE_WINDOW_MS = 10 * 60_000
const TIME_TRAVEL_CODE = 7500

/**
 * Time Travel of one database: a copy of its file after each write, found by bookmark or by time. The oldest copies expire
 * when all together exceed `keepBytes`.
 */
export class History {
  private readonly moments: Moment[] = []
  private readonly restores: number[] = []
  private readonly database: LocalDatabase
  private readonly folder: string
  private readonly keepBytes: number
  private version = ''

  constructor(database: LocalDatabase, folder: string, keepBytes = 2 ** 31) {
    this.database = database
    this.folder = folder
    this.keepBytes = keepBytes
    // What an earlier process kept has no bookmark any more.
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    this.record()
  }

  /** Keeps the present state, unless it is the newest one kept already. Returns its bookmark. */
  record(): string {
    const version = this.database.version()
    const newest = this.moments.at(-1)
    if (newest !== undefined && version === this.version) return newest.bookmark
    this.version = version
    const bookmark = this.nextBookmark()
    const snapshot = join(this.folder, `${bookmark}.sqlite`)
    copyFileSync(this.database.file, snapshot, constants.COPYFILE_FICLONE)
    this.moments.push({ bookmark, at: Date.now(), snapshot })
    this.expireOldest(statSync(snapshot).size)
    return bookmark
  }

  /** The bookmark of the state at `timestamp` (ISO 8601); of the present one without it. */
  bookmarkAt(timestamp: string | undefined): string {
    const present = this.record()
    if (timestamp === undefined) return present
    const at = Date.parse(timestamp)
    if (Number.isNaN(at)) throw new ApiFailure(400, TIME_TRAVEL_CODE, `Invalid timestamp: ${timestamp}`)
    if (at > Date.now()) throw new ApiFailure(400, TIME_TRAVEL_CODE, 'Timestamp must not be in the future')
    const moment = this.moments.findLast((candidate) => candidate.at <= at)
    if (moment?.snapshot === undefined) {
      throw new ApiFailure(
        400,
        TIME_TRAVEL_CODE,
        'No bookmark is available for that timestamp: it is before the retention period',
      )
    }
    return moment.bookmark
  }

  /** Brings the database back. `previous_bookmark` undoes it. */
  restore(bookmark: string): { bookmark: string; previous_bookmark: string; message: string } {
    const recent = this.restores.filter((at) => at > Date.now() - RESTORE_WINDOW_MS)
    if (recent.length >= RESTORES) {
      const waitMs = (recent[0] ?? 0) + RESTORE_WINDOW_MS - Date.now()
      throw new ApiFailure(429, TIME_TRAVEL_CODE, `Too many restores: at most ${RESTORES} in 10 minutes`, {
        'retry-after': String(Math.ceil(waitMs / 1000)),
      })
    }
    const previous = this.record()
    const moment = this.moments.find((candidate) => candidate.bookmark === bookmark)
    if (moment === undefined) throw new ApiFailure(400, TIME_TRAVEL_CODE, `Invalid bookmark: ${bookmark}`)
    const { snapshot } = moment
    if (snapshot === undefined) {
      throw new ApiFailure(400, TIME_TRAVEL_CODE, `Bookmark ${bookmark} is outside of the retention period`)
    }
    this.restores.push(Date.now())
    this.bringBack(bookmark)
    return {
      bookmark,
      previous_bookmark: previous,
      message: `Database restored to bookmark ${bookmark}. To undo, restore to ${previous}.`,
    }
  }

  /** What D1 does by itself, uncounted. */
  bringBack(bookmark: string): void {
    const snapshot = this.moments.find((moment) => moment.bookmark === bookmark)?.snapshot
    if (snapshot === undefined) return
    this.database.reopen(() => copyFileSync(snapshot, this.database.file))
    // The counters of the new connection may happen to read as before; the past has still become the present.
    this.version = ''
    this.record()
  }

  /** Makes every bookmark but the present one too old to restore. */
  expire(): void {
    const present = this.record()
    for (const moment of this.moments) {
      if (moment.bookmark !== present) drop(moment)
    }
  }

  private expireOldest(newestBytes: number): void {
    const kept = this.moments.filter(({ snapshot }) => snapshot !== undefined)
    // Snapshots differ little in size: counting them by the newest one is exact enough.
    const allowed = Math.max(2, Math.floor(this.keepBytes / Math.max(newestBytes, 1)))
    for (const moment of kept.slice(0, Math.max(0, kept.length - allowed))) drop(moment)
  }

  /** Grows with time and sorts as text, as D1's do. */
  private nextBookmark(): string {
    const sequence = this.moments.length + 1
    const started = Math.floor(this.database.createdAt.getTime() / 1000)
    const digest = createHash('md5').update(`${this.database.id}/${started}/${sequence}`).digest('hex')
    return [hex8(started), hex8(sequence), '00004f5a', digest].join('-')
  }
}

function drop(moment: Moment): void {
  if (moment.snapshot !== undefined) rmSync(moment.snapshot, { force: true })
  moment.snapshot = undefined
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0')
}
