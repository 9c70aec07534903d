import { defined } from '../contract/defined.js'
import type { ReadActivities } from '../contract/activities.js'
import { readIdentity } from '../d1/read/identity.js'
import { withReader } from '../d1/read/open-reader.js'
import type { ActivityContext } from './worker-place.js'

/** A real query, and the identity of the database that answered it. */
export async function checkConnectivity({
  target,
}: Pick<ActivityContext, 'target'>): ReturnType<ReadActivities['checkConnectivity']> {
  const startedAt = performance.now()
  await withReader(target, (reader) => reader.query('SELECT 1 AS one'))
  const latencyMs = performance.now() - startedAt
  const { name, id, accountId } = await readIdentity(target)
  return { latencyMs, database: `${name} (${id})`, ...defined({ accountId }) }
}
