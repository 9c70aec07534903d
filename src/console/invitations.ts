import { createHmac } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { keepOutOfGit, keepPrivate } from '../process/private-files.js'
import { stateFolder } from '../process/state-folder.js'
import { jsonOf } from '../contract/json.js'
import { hashed, randomToken } from './memory.js'

/** How long a link to make a passkey is good. Milliseconds. */
export const INVITATION_MS = 15 * 60_000
const LOOK_MS = 500
/** Whoever invited shows that often that they still wait; after this long without a sign the link is good no more, however they ended. */
const SILENT_MS = 5_000

const invitationSchema = z.object({ person: z.string().min(1), expiresAt: z.number() })
export type Invitation = z.infer<typeof invitationSchema>

const madeSchema = z.object({
  /** A line for `publicKeys`. */
  publicKey: z.string(),
  authenticator: z.object({ model: z.string().optional(), copies: z.enum(['none', 'possible', 'there']) }),
})
/** The passkey that was made by a link. */
export type Made = z.infer<typeof madeSchema>

/**
 * Links with which one person makes one passkey. They lie in the project's own folder, so that `enroll` and a console that runs already
 * need not know each other; there is only the hash of what stands in the link.
 */
export class Invitations {
  private readonly folder: string

  constructor(projectDir: string) {
    this.folder = stateFolder(projectDir, 'enrolments')
  }

  /** The token of a new link. */
  async invite(person: string): Promise<{ token: string; expiresAt: number }> {
    await this.sweep()
    const token = randomToken()
    const expiresAt = Date.now() + INVITATION_MS
    await this.keep(token, 'json', JSON.stringify({ person, expiresAt }))
    return { token, expiresAt }
  }

  /** A question that a console of this folder alone can answer, and what one of this origin answers. {@link end} takes it back. */
  async challenge(origin: string): Promise<{ name: string; answer: string }> {
    const name = randomToken()
    const secret = randomToken()
    await this.keep(name, 'secret', secret)
    return { name, answer: answerOf(secret, origin) }
  }

  /** Undefined where nobody of this folder asks by this name. */
  async answer(name: string, origin: string): Promise<string | undefined> {
    const secret = await readFile(this.file(name, 'secret'), 'utf8').catch(() => undefined)
    return secret === undefined ? undefined : answerOf(secret, origin)
  }

  /** Undefined where the link is none, is used, has expired, or nobody waits for it any more. */
  async open(token: string): Promise<Invitation | undefined> {
    const text = await readFile(this.file(token, 'json'), 'utf8').catch(() => undefined)
    const read = invitationSchema.safeParse(jsonOf(text ?? ''))
    if (!read.success || Date.now() > read.data.expiresAt) return undefined
    const shownAt = await stat(this.file(token, 'json')).catch(() => undefined)
    if (shownAt === undefined || Date.now() - shownAt.mtimeMs > SILENT_MS) return undefined
    return (await this.madeOf(token)) === undefined ? read.data : undefined
  }

  /** Keeps the passkey that was made; false where another one was first. */
  async use(token: string, made: Made): Promise<boolean> {
    try {
      await writeFile(this.file(token, 'made'), `${JSON.stringify(made)}\n`, { mode: 0o600, flag: 'wx' })
      return (await this.isThere(token, 'json')) || !(await this.takeBack(token))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  /** The passkey, once it is there; undefined where the link expired, or `signal` was aborted. */
  async made(
    token: string,
    { expiresAt, signal }: { expiresAt: number; signal: AbortSignal },
  ): Promise<Made | undefined> {
    while (!signal.aborted) {
      const made = await this.madeOf(token)
      if (made !== undefined || Date.now() > expiresAt) return made
      const now = new Date()
      await utimes(this.file(token, 'json'), now, now).catch(() => undefined)
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
    }
    return undefined
  }

  /** From here on the link is good no more, used or not. */
  async end(token: string): Promise<void> {
    // The passkey first: one that comes behind it is found to have come too late.
    for (const kind of ['made', 'json', 'secret'] as const) await rm(this.file(token, kind), { force: true })
  }

  /** Whoever invited has ended meanwhile. False where they took the passkey before they did. */
  private async takeBack(token: string): Promise<boolean> {
    return rm(this.file(token, 'made')).then(
      () => true,
      () => false,
    )
  }

  private async isThere(token: string, kind: 'json'): Promise<boolean> {
    return stat(this.file(token, kind)).then(
      () => true,
      () => false,
    )
  }

  /** What commands that were killed left here. */
  private async sweep(): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      const file = path.join(this.folder, name)
      const found = await stat(file).catch(() => undefined)
      if (found !== undefined && Date.now() - found.mtimeMs > INVITATION_MS) await rm(file, { force: true })
    }
  }

  private async keep(token: string, kind: 'json' | 'secret', text: string): Promise<void> {
    keepPrivate()
    await keepOutOfGit(path.dirname(this.folder))
    await mkdir(this.folder, { recursive: true })
    await writeFile(this.file(token, kind), text, { mode: 0o600 })
  }

  private async madeOf(token: string): Promise<Made | undefined> {
    const text = await readFile(this.file(token, 'made'), 'utf8').catch(() => undefined)
    // Another process may be writing it.
    return text?.endsWith('\n') === true ? madeSchema.safeParse(jsonOf(text)).data : undefined
  }

  private file(token: string, kind: 'json' | 'made' | 'secret'): string {
    return path.join(this.folder, `${hashed(token)}.${kind}`)
  }
}

function answerOf(secret: string, origin: string): string {
  return createHmac('sha256', secret).update(origin).digest('hex')
}
