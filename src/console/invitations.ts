import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { keepOutOfGit, keepPrivate } from '../process/private-files.js'
import { stateFolder } from '../process/state-folder.js'
import { hashed, randomToken } from './memory.js'

/** How long a link to make a passkey is good. Milliseconds. */
export const INVITATION_MS = 15 * 60_000
const LOOK_MS = 500

const invitationSchema = z.object({ person: z.string().min(1), expiresAt: z.number() })
export type Invitation = z.infer<typeof invitationSchema>

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
    keepPrivate()
    await keepOutOfGit(path.dirname(this.folder))
    await mkdir(this.folder, { recursive: true })
    const token = randomToken()
    const expiresAt = Date.now() + INVITATION_MS
    await writeFile(this.file(token, 'json'), JSON.stringify({ person, expiresAt }), { mode: 0o600 })
    return { token, expiresAt }
  }

  /** Undefined where the link is none, is used, or has expired. */
  async open(token: string): Promise<Invitation | undefined> {
    const text = await readFile(this.file(token, 'json'), 'utf8').catch(() => undefined)
    const read = invitationSchema.safeParse(jsonOf(text))
    if (!read.success || Date.now() > read.data.expiresAt) return undefined
    const used = await this.lineOf(token)
    return used === undefined ? read.data : undefined
  }

  /** Keeps the line of the passkey that was made; false where another one was first. */
  async use(token: string, line: string): Promise<boolean> {
    try {
      await writeFile(this.file(token, 'line'), `${line}\n`, { mode: 0o600, flag: 'wx' })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  /** The line, once it is there; undefined where the link expired, or `signal` was aborted. */
  async line(
    token: string,
    { expiresAt, signal }: { expiresAt: number; signal: AbortSignal },
  ): Promise<string | undefined> {
    while (!signal.aborted) {
      const line = await this.lineOf(token)
      if (line !== undefined || Date.now() > expiresAt) return line
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
    }
    return undefined
  }

  /** From here on the link is good no more, used or not. */
  async end(token: string): Promise<void> {
    for (const kind of ['json', 'line'] as const) await rm(this.file(token, kind), { force: true })
  }

  private async lineOf(token: string): Promise<string | undefined> {
    const text = await readFile(this.file(token, 'line'), 'utf8').catch(() => undefined)
    // Another process may be writing it.
    return text?.endsWith('\n') === true ? text.trim() : undefined
  }

  private file(token: string, kind: 'json' | 'line'): string {
    return path.join(this.folder, `${hashed(token)}.${kind}`)
  }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
