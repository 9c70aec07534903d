import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** A run that was terminated never lets go by itself. Milliseconds. */
export const LONGEST_HOLD_MS = 30 * 24 * 60 * 60_000

const SUFFIX = '.held'

/** A run that has named archives in its plan or as its way back: until it ends, retention leaves them alone. */
export interface Hold {
  /** The run's key. */
  by: string
  /** Archives that it named before; of their paths only the names count. */
  files: readonly string[]
}

/** Leaves a note beside each archive of `dir` that says which run needs it. */
export async function hold(dir: string, { by, files }: Hold): Promise<void> {
  const note = `${JSON.stringify({ run: by, since: new Date().toISOString() })}\n`
  for (const file of files) await writeFile(join(dir, basename(file) + SUFFIX), note, { mode: 0o600 })
}

/** Who holds an archive. */
export interface Holder {
  /** The run's key. */
  run: string
  /** ISO 8601, UTC. */
  since: string
}

/** The run that needs the archive and may still go on; undefined where there is none. */
export async function holderOf(file: string): Promise<Holder | undefined> {
  const note = await stat(file + SUFFIX).catch(() => undefined)
  if (note === undefined || Date.now() - note.mtimeMs >= LONGEST_HOLD_MS) return undefined
  const run = holder(await readFile(file + SUFFIX, 'utf8').catch(() => ''))
  return { run: typeof run === 'string' ? run : 'unknown', since: note.mtime.toISOString() }
}

/** Whether a run that may still go on needs the archive. */
export async function isHeld(file: string): Promise<boolean> {
  return (await holderOf(file)) !== undefined
}

/** The run is over: its archives are subject to retention like all others, at the next backup. */
export async function release(dir: string, run: string): Promise<void> {
  const names = await readdir(dir).catch((): string[] => [])
  for (const name of names.filter((each) => each.endsWith(SUFFIX))) {
    const file = join(dir, name)
    if (holder(await readFile(file, 'utf8')) === run) await rm(file, { force: true })
  }
}

function holder(note: string): unknown {
  try {
    return (JSON.parse(note) as { run?: unknown } | null)?.run
  } catch {
    return undefined
  }
}
