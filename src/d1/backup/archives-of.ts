import type { Target } from '../../contract/target.js'
import type { Store } from '../../store/store.js'
import type { Archives } from './archives.js'
import { besideArchives } from './beside-archives.js'
import { storedArchives } from './stored-archives.js'

/** `store`: of the same target. */
export function archivesOf(target: Target, store: Store | undefined): Archives {
  if (store !== undefined) return storedArchives(store, target.environment)
  if (target.storage !== undefined) throw new Error('the store of the target was not opened')
  return besideArchives(target)
}
