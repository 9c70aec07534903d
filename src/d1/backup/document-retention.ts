import type { Store } from '../../store/store.js'
import { LONGEST_HOLD_MS } from './holds.js'

/** `<environment>-<when>-<short run ID>`, as a run names its folder. */
const RUN_KEY = /^(?<environment>.+)-(?<when>\d{8}-\d{6})-[0-9a-f]{8}$/

/**
 * Removes the documents of runs of this environment beyond the newest `keep` that have some. Those of a run stay while it holds an archive,
 * which it does until it ends, and as long as an archive of its own is kept.
 */
export async function pruneDocuments({
  store,
  environment,
  keep,
}: {
  store: Store
  environment: string
  keep: number
}): Promise<void> {
  const objects = await store.list()
  const needed = new Set(
    objects.flatMap(({ key: { kind, run }, at }) =>
      kind === 'archive' || (kind === 'hold' && Date.now() - at.getTime() < LONGEST_HOLD_MS) ? [run] : [],
    ),
  )
  const documents = objects.filter(({ key }) => key.kind === 'document')
  const runs = new Map(
    documents.flatMap(({ key: { run } }): [string, string][] => {
      const { environment: of, when } = RUN_KEY.exec(run)?.groups ?? {}
      return of === environment && when !== undefined ? [[run, when]] : []
    }),
  )
  const newestFirst = [...runs].sort(([, one], [, other]) => other.localeCompare(one)).map(([run]) => run)
  const surplus = new Set(newestFirst.slice(keep).filter((run) => !needed.has(run)))
  for (const { key, location } of documents) if (surplus.has(key.run)) await store.remove(location)
}

/**
 * Removes bundles that no run has asked for as long as a run may hold an archive without a word: whoever loads one renews it
 * (`migrations/artifacts.ts`). They are shared by runs, and of no environment.
 */
export async function pruneBundles(store: Store): Promise<void> {
  const isOld = ({ at }: { at: Date }): boolean => Date.now() - at.getTime() >= LONGEST_HOLD_MS
  for (const { key, at } of await store.list()) {
    if (key.kind !== 'bundle' || !isOld({ at })) continue
    // A run may have asked for it meanwhile.
    const now = await store.stat(key)
    if (now !== undefined && isOld(now)) await store.remove(now.location)
  }
}
