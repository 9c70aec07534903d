import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common'
import type { Phase, SearchAttributeName } from '../contract/names.js'
import type { RunView } from '../contract/run.js'

type Attributed = Pick<RunView, 'environment' | 'database' | 'phase' | 'planHash' | 'outcome'>

interface KeywordPair {
  key: ReturnType<typeof defineSearchAttributeKey<typeof SearchAttributeType.KEYWORD>>
  value: string
}

/** Over in a moment: nobody filters by them, and each would cost an action. */
const FLEETING: readonly Phase[] = ['announce', 'close']

/** What changed since the last upsert: each one is a billed action, so nothing is sent twice. */
export function searchAttributesOf(view: Attributed, current: TypedSearchAttributes): KeywordPair[] {
  return keywordsOf(view).filter(({ key, value }) => current.get(key) !== value)
}

/** Of the monitoring workflow, for its start: the same filters find it beside its migration. */
export function monitoringAttributesOf(view: Attributed): TypedSearchAttributes {
  return new TypedSearchAttributes(keywordsOf({ ...view, phase: 'monitor' }))
}

function keywordsOf(view: Attributed): KeywordPair[] {
  const { environment, database, phase, planHash, outcome } = view
  const wanted: Partial<Record<SearchAttributeName, string>> = {
    RunbookEnvironment: environment,
    RunbookDatabase: database.id,
    ...(FLEETING.includes(phase) ? {} : { RunbookPhase: phase }),
    ...(planHash === null ? {} : { RunbookPlanHash: planHash }),
    ...(outcome === null ? {} : { RunbookOutcome: outcome }),
  }
  return Object.entries(wanted).map(([name, value]) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  }))
}
