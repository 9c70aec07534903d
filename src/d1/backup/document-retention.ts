import { LONGEST_HOLD_MS, type Store } from '../../store/store.js'

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
