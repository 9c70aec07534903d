import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { partOf } from '../../store/object-path.js'
import { LONGEST_HOLD_MS } from '../../store/store.js'

const SUFFIX = '.held'

/** A run that has named archives in its plan or as its way back: until it ends, retention leaves them alone. */
export interface Hold {
  /** The run's key. */
  by: string
  /** Archives that it named before; of their paths only the names count. */
  files: readonly string[]
}

/**
 * Leaves a note of the run's own beside each archive of `dir` that it needs: no run writes or removes the note of another, whatever it
 * names. Earlier versions had one note an archive, of the last run that came: those count, and nobody writes them any more.
 */
export async function hold(dir: string, { by, files }: Hold): Promise<void> {
  const note = `${JSON.stringify({ run: by, since: new Date().toISOString() })}\n`
  for (const file of files) await writeFile(noteOf(dir, by, file), note, { mode: 0o600 })
}

/** The run needs just this one no more: it is another's. */
export async function letGo(dir: string, { by, file }: { by: string; file: string }): Promise<void> {
  await rm(noteOf(dir, by, file), { force: true })
}

function noteOf(dir: string, by: string, file: string): string {
  return join(dir, `${basename(file)}.${partOf(by)}${SUFFIX}`)
}

/** Who holds an archive. */
export interface Holder {
  /** The run's key; `unknown` where its note cannot be read. */
  run: string
  /** ISO 8601, UTC. */
  since: string
}

/** The runs that need the archive and may still go on, the one that had it first at the head. */
export async function holdersOf(file: string): Promise<Holder[]> {
  const held: Holder[] = []
  for (const name of await notesIn(dirname(file))) {
    if (!name.startsWith(`${basename(file)}.`)) continue
    const note = join(dirname(file), name)
    const at = (await stat(note).catch(() => undefined))?.mtime
    if (at === undefined || Date.now() - at.getTime() >= LONGEST_HOLD_MS) continue
    held.push({ run: (await runOf(note)) ?? 'unknown', since: at.toISOString() })
  }
  return held.sort(byAge)
}

/** The one that had it first at the head. */
export function byAge(a: Holder, b: Holder): number {
  return a.since.localeCompare(b.since)
}

/** The run is over: its archives are subject to retention like all others, at the next backup. */
export async function release(dir: string, run: string): Promise<void> {
  for (const name of await notesIn(dir)) {
    const note = join(dir, name)
    if ((await runOf(note)) === run) await rm(note, { force: true })
  }
}

async function notesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((): string[] => [])
  return names.filter((name) => name.endsWith(SUFFIX))
}

/** Undefined where the note is gone, or says nothing. */
async function runOf(note: string): Promise<string | undefined> {
  try {
    const { run } = JSON.parse(await readFile(note, 'utf8')) as { run?: unknown }
    return typeof run === 'string' ? run : undefined
  } catch {
    return undefined
  }
}
