import type { SlowActivities } from '../contract/activities.js'
import { archivesAt, artifactStore, type ActivityContext } from './worker-place.js'

/** Only of archives that are here: a note on another one would hold nothing. */
export async function keepNeeds(
  here: ActivityContext,
  { runKey, archives, bundle }: Parameters<SlowActivities['keepNeeds']>[0],
): ReturnType<SlowActivities['keepNeeds']> {
  const own = archivesAt(here)
  const there = new Set<string>()
  for await (const { file } of own.list()) there.add(file)
  const files = archives.filter((file) => there.has(file))
  await own.hold({ by: runKey, files })
  // Whoever loads it renews it.
  if (bundle.encoding === 'artifact') await artifactStore(here).load(bundle.sha256)
  return { kept: files.length }
}
