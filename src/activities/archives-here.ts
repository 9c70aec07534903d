import { archivesAt, type ActivityContext } from './worker-place.js'

interface Named {
  file: string
  sha256: string
}

/** What of an activity's input is an archive, as loosely as it is needed here. */
interface NamesArchives {
  backup?: Named
  current?: Named
  permission?: { derivedFrom?: { backup: Named } }
}

/**
 * The same input, whose archives are files on this machine: of a store that is elsewhere, each is fetched and proven to be the one that the
 * record names. Throws `BackupInvalid` for one that is gone or another, and what reaching the store throws.
 */
export async function withArchivesHere<Input extends object>(
  input: Input,
  here: ActivityContext,
  signal: AbortSignal,
): Promise<Input> {
  if (here.store === undefined) return input
  const archives = archivesAt(here)
  const local = async <One extends Named>(named: One): Promise<One> => ({
    ...named,
    file: await archives.open(named.file, { sha256: named.sha256, signal }),
  })
  const { backup, current, permission }: NamesArchives = input
  const derived = permission?.derivedFrom
  return {
    ...input,
    ...(backup === undefined ? {} : { backup: await local(backup) }),
    ...(current === undefined ? {} : { current: await local(current) }),
    ...(derived === undefined
      ? {}
      : { permission: { ...permission, derivedFrom: { ...derived, backup: await local(derived.backup) } } }),
  }
}
