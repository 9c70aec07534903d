import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { messageOf, RunbookError } from '../contract/failures.js'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../process/private-files.js'
import { WAITS_AT_MOST_MS, type Requested } from './webhook.js'

const waitingSchema = z.object({
  ...{ deployment: z.number().int().positive(), run: z.string().regex(/^\d+$/) },
  ...{ environment: z.string(), sha: z.string(), createdAt: z.string() },
  /** For what GitHub was told last that it waits, and how often it was told something. */
  told: z.string().optional(),
  reports: z.number().int().nonnegative(),
})
export type Waiting = z.infer<typeof waitingSchema>

const fileSchema = z.object({
  version: z.literal(1),
  waiting: z.array(waitingSchema),
  /** Deployments that were answered, so that a delivery which comes once more means nothing. */
  answered: z.array(z.object({ deployment: z.number().int(), at: z.string() })),
})

/** A team has a handful; whoever sends more has the secret. */
const MOST_WAITING = 500
const MOST_ANSWERED = 5_000

/** Deployments that wait, in a file: whoever serves next goes on with them. For one process at a time. */
export class WaitingDeployments {
  private readonly file: string
  private readonly now: () => number
  private waiting = new Map<number, Waiting>()
  private answered = new Map<number, string>()
  private writing: Promise<void> = Promise.resolve()

  private constructor(file: string, now: () => number) {
    this.file = file
    this.now = now
  }

  /** Throws `ConfigInvalid` where the file is there and not what was written. */
  static async open(file: string, now: () => number = Date.now): Promise<WaitingDeployments> {
    const kept = new WaitingDeployments(file, now)
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return kept
    try {
      const { waiting, answered } = fileSchema.parse(JSON.parse(text))
      kept.waiting = new Map(waiting.map((one) => [one.deployment, one]))
      kept.answered = new Map(answered.map(({ deployment, at }) => [deployment, at]))
    } catch (cause) {
      throw new RunbookError(
        'ConfigInvalid',
        `${file} cannot be read: ${messageOf(cause).split('\n', 1)[0] ?? ''}`,
        {
          advice: 'Remove it; GitHub sends what waits again from the page of the app, under Advanced.',
          cause,
        },
      )
    }
    return kept
  }

  list(): Waiting[] {
    const now = this.now()
    return [...this.waiting.values()].filter(
      ({ createdAt }) => now - Date.parse(createdAt) <= WAITS_AT_MOST_MS,
    )
  }

  /** Kept before it returns. */
  async add(asked: Requested): Promise<'added' | 'known' | 'full'> {
    if (this.waiting.has(asked.deployment) || this.answered.has(asked.deployment)) return 'known'
    if (this.list().length >= MOST_WAITING) return 'full'
    this.waiting.set(asked.deployment, { ...asked, reports: 0 })
    await this.write()
    return 'added'
  }

  async told({ deployment, reports }: Waiting, what: string): Promise<void> {
    const found = this.waiting.get(deployment)
    if (found !== undefined) this.waiting.set(deployment, { ...found, told: what, reports: reports + 1 })
    await this.write()
  }

  async end({ deployment }: Waiting): Promise<void> {
    this.waiting.delete(deployment)
    this.answered.set(deployment, new Date(this.now()).toISOString())
    await this.write()
  }

  /** One after the other, each whole: what is read next is one of them. */
  private write(): Promise<void> {
    const begin = async (): Promise<void> => {
      const now = this.now()
      const answered = [...this.answered]
        .filter(([, at]) => now - Date.parse(at) <= WAITS_AT_MOST_MS)
        .slice(-MOST_ANSWERED)
      this.answered = new Map(answered)
      this.waiting = new Map(this.list().map((one) => [one.deployment, one]))
      const document = {
        ...{ version: 1, waiting: this.list() },
        answered: answered.map(([deployment, at]) => ({ deployment, at })),
      }
      await mkdir(path.dirname(this.file), { recursive: true, mode: PRIVATE_FOLDER })
      await writeFileAtomic(this.file, `${JSON.stringify(document)}\n`, { mode: PRIVATE_FILE })
    }
    const written = this.writing.then(begin)
    this.writing = written.catch(() => undefined)
    return written
  }
}
