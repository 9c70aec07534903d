import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
  type TypedSearchAttributes,
} from '@temporalio/common'
import type { SearchAttributeName } from '../contract/names.js'
import type { RunView } from '../contract/run.js'

/** What changed since the last upsert: each one is a billed action, so nothing is sent twice. */
export function searchAttributesOf(
  view: RunView,
  current: TypedSearchAttributes,
): SearchAttributeUpdatePair[] {
  const wanted: Partial<Record<SearchAttributeName, string>> = {
    RunbookEnvironment: view.environment,
    RunbookDatabase: view.database.id,
    RunbookPhase: view.phase,
    ...(view.planHash === null ? {} : { RunbookPlanHash: view.planHash }),
    ...(view.outcome === null ? {} : { RunbookOutcome: view.outcome }),
  }
  return Object.entries(wanted).flatMap(([name, value]) => {
    const key = defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)
    return current.get(key) === value ? [] : [{ key, value }]
  })
}
