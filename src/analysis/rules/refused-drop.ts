import { anatomyOf } from '../statement/statement.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { dl101 } from './dl101.js'
import { same } from './rule.js'

interface RefusedDrop {
  message: string
  advice: string
  /** Of the DROP, which is not where a deferred key fails. */
  line?: number
}

/**
 * A DROP that the copy refused for its foreign keys: the children that refuse it, and those that it would have emptied with them out of
 * the way. A trigger that keeps a full-text table in step, set off by such an action, ends it as "database table is locked".
 */
export function refusedDrop(evidence: Evidence, failure: FailureEvidence): RefusedDrop | undefined {
  if (evidence.mode !== 'copy') return undefined
  if (!/^(?:FOREIGN KEY constraint failed|database table is locked)/.test(failure.message)) return undefined
  const drops = dropsBehind(evidence, failure).flatMap(({ line, target = '' }) => {
    const effects = EFFECTS.flatMap(({ actions, says }) => {
      const children = childrenOf(evidence, target, actions)
      return children.length === 0 ? [] : [`DROP TABLE ${target} ${says} ${children.join(', ')}`]
    })
    return effects.length === 0 ? [] : [{ line, effects }]
  })
  const [first] = drops
  if (first === undefined) return undefined
  const effects = drops.flatMap((drop) => drop.effects)
  const message = `${failure.message}: ${effects.join('; ')}: foreign keys stay on`
  return { message, advice: dl101.advice, line: first.line }
}

const EFFECTS = [
  { actions: /^(?:NO ACTION|RESTRICT)$/i, says: 'is refused as long as it is referenced by rows of' },
  { actions: /^CASCADE$/i, says: 'would delete the rows that reference it in' },
  { actions: /^SET /i, says: 'would clear the references of' },
]

/** The DROP that failed; at the end of a file, where deferred keys are checked, any of its DROPs. */
function dropsBehind(
  { statements }: Evidence,
  { file, line, sql }: FailureEvidence,
): { line: number; target: string | undefined }[] {
  const failed = anatomyOf(sql)
  const ran = statements.some((statement) => statement.file === file && statement.sql === sql)
  if (!ran) return failed.verb === 'drop-table' ? [{ line, target: failed.target }] : []
  return statements
    .filter((statement) => statement.file === file && statement.anatomy.verb === 'drop-table')
    .map((statement) => ({ line: statement.line, target: statement.anatomy.target }))
}

function childrenOf(evidence: Evidence, parent: string, actions: RegExp): string[] {
  return [...evidence.before.tables.values()]
    .filter(({ name }) => !same(name, parent))
    .filter(({ foreignKeys }) =>
      foreignKeys.some(({ target, onDelete }) => same(target, parent) && actions.test(onDelete)),
    )
    .map(({ name }) => name)
}
