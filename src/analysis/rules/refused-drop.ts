import { anatomyOf } from '../statement/statement.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { writtenBy } from '../statement/search-triggers.js'
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
    const direct = childrenOf(evidence, target, CASCADE)
    const further = direct.length === 0 ? [] : furtherDeleted(evidence, [target, ...direct])
    const effects = EFFECTS.flatMap(({ actions, says }) => {
      const children = childrenOf(evidence, target, actions)
      const through =
        actions === CASCADE && further.length > 0
          ? `, and those that reference these in ${further.join(', ')}`
          : ''
      return children.length === 0 ? [] : [`DROP TABLE ${target} ${says} ${children.join(', ')}${through}`]
    })
    const locked = failure.message.startsWith('database table is locked')
    const why = locked
      ? searchedOn(evidence, [...direct, ...further], childrenOf(evidence, target, CLEARS))
      : ''
    return effects.length === 0 ? [] : [{ line, effects, why }]
  })
  const [first] = drops
  if (first === undefined) return undefined
  const effects = drops.flatMap((drop) => drop.effects)
  const message = `${failure.message}: ${effects.join('; ')}: foreign keys stay on${first.why}`
  return { message, advice: dl101.advice, line: first.line }
}

/** Tables of which rows go with those of children: over several keys. */
function furtherDeleted(evidence: Evidence, gone: string[]): string[] {
  const isGone = (name: string, all: string[]): boolean => all.some((other) => same(name, other))
  const further: string[] = []
  for (let at = 1; at < gone.length + further.length; at += 1) {
    const parent = [...gone, ...further][at] ?? ''
    further.push(
      ...childrenOf(evidence, parent, CASCADE).filter((name) => !isGone(name, [...gone, ...further])),
    )
  }
  return further
}

/** Why the DROP ends as locked: what it does to other tables sets a trigger off that writes a full-text table meanwhile. */
function searchedOn(
  { before: { tables, triggers } }: Evidence,
  deleted: string[],
  cleared: string[],
): string {
  const [first] = [...triggers.values()].flatMap((trigger) => {
    const head = trigger.sql.split(/\bBEGIN\b/i)[0] ?? ''
    const at = (names: string[], event: RegExp): boolean =>
      event.test(head) && names.some((name) => same(name, trigger.table))
    const fires = at(deleted, /\bDELETE\b/i) || at(cleared, /\bUPDATE\b/i)
    const index = writtenBy(trigger).find((name) => tables.get(name.toLowerCase())?.search !== undefined)
    return fires && index !== undefined ? [{ name: trigger.name, index }] : []
  })
  return first === undefined
    ? ''
    : `. That sets off the trigger ${first.name}, which writes the search index ${first.index}: SQLite refuses it within a DROP TABLE`
}

const CASCADE = /^CASCADE$/i
const CLEARS = /^SET /i

const EFFECTS = [
  { actions: /^(?:NO ACTION|RESTRICT)$/i, says: 'is refused as long as it is referenced by rows of' },
  { actions: CASCADE, says: 'would delete the rows that reference it in' },
  { actions: CLEARS, says: 'would clear the references of' },
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
