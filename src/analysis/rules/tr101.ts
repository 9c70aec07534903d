import type { TriggerSchema } from '../../d1/schema/schema.js'
import { writtenBy } from '../statement/search-triggers.js'
import { mentions } from '../statement/statement.js'
import { parentsLeft, shapeCulprit } from './attribution.js'
import type { Finding, Fix } from '../../contract/finding.js'
import type { BrokenObject, Evidence, StatementEvidence } from '../evidence.js'
import { portableTrigger } from '../../d1/sql/remote-triggers.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { followText } from './ft102.js'
import { mismatched, withoutTarget } from './foreign-keys.js'
import { atEndOf, findingOf, lossSeverity, quoted, same, type Location, type Rule } from './rule.js'

export const tr101: Rule = {
  code: 'TR101',
  title: 'trigger or view lost or broken',
  severity: 'error',
  advice: 'Create it again at the end of the migration, for the tables as they are then.',
  source: 'https://sqlite.org/lang_droptable.html: triggers go with their table; views stay and fail',
  check: (evidence) => [
    ...lostTriggers(evidence),
    ...lostViews(evidence),
    ...staleViews(evidence),
    ...brokenObjects(evidence),
  ],
}

function lostTriggers(evidence: Evidence): Finding[] {
  return [...evidence.before.triggers].flatMap(([key, trigger]) => {
    const now = evidence.after.triggers.get(key)
    const fate = evidence.fates.find(({ before }) => same(before.name, trigger.table))
    if (now !== undefined && (same(now.table, trigger.table) || fate?.how !== 'rebuilt')) return []
    const onView = evidence.before.views.has(trigger.table.toLowerCase())
    if (fate?.how === 'dropped' || (onView && !evidence.after.views.has(trigger.table.toLowerCase())))
      return []
    if (sameWork(evidence, trigger.table, trigger.sql) || nothingToWrite(evidence, trigger)) return []
    const dropped = evidence.statements.find(
      ({ anatomy }) => anatomy.verb === 'drop-trigger' && same(anatomy.target, trigger.name),
    )
    const viewGone = evidence.statements.findLast(
      ({ anatomy }) => onView && anatomy.verb === 'drop-view' && same(anatomy.target, trigger.table),
    )
    const place = dropped ?? viewGone ?? (fate === undefined ? undefined : shapeCulprit(evidence, fate))
    const severity = dropped === undefined ? lossSeverity(evidence) : 'warning'
    const message =
      dropped === undefined
        ? now === undefined
          ? `The trigger ${trigger.name} is lost with the ${onView ? 'view' : 'table'} ${trigger.table} that is ${onView ? 'made again' : 'rebuilt'}.`
          : `The trigger ${trigger.name} stays with the renamed ${now.table}; the new ${trigger.table} has none.`
        : `The trigger ${trigger.name} is dropped and not made again.`
    return [
      findingOf(
        tr101,
        severity,
        place,
        message + searchText(evidence, trigger) + againText(evidence, trigger),
        {
          table: trigger.table,
          // One name is one trigger: that of the renamed table goes.
          ...againAtEnd(
            evidence,
            place,
            trigger,
            ...(now === undefined ? [] : [`DROP TRIGGER ${quoted(trigger.name)}`]),
          ),
        },
      ),
    ]
  })
}

/** What a search answers without it. */
function searchText({ unfollowed = [] }: Evidence, { name }: TriggerSchema): string {
  const told = unfollowed.flatMap(({ index, table, writes }) =>
    writes
      .filter(({ lost }) => same(lost, name))
      .map((write) => ` Without it the search index ${index} does not follow: ${followText(write, table)}.`),
  )
  return told.join('')
}

type Made = Pick<TriggerSchema, 'name' | 'sql'>

/** What SQLite said where it was tried on the tables of now. */
function againText({ notMadeAgain = [] }: Evidence, { name }: Made): string {
  const refused = notMadeAgain.find((it) => it.type !== 'index' && same(it.name, name))
  return refused === undefined ? '' : ` As it was it does not work any more: ${refused.message}.`
}

/** The statement that made it, behind `first`; none where that was tried and does not work. */
function againAtEnd(evidence: Evidence, place: Location, made: Made, ...first: string[]): { fix?: Fix } {
  return againText(evidence, made) === '' ? atEndOf(evidence, place, [...first, made.sql]) : {}
}

/** All that it wrote is dropped too: there is nothing left for it to do. */
function nothingToWrite(evidence: Evidence, trigger: TriggerSchema): boolean {
  const written = writtenBy(trigger)
  return (
    written.length > 0 &&
    written.every((table) =>
      evidence.fates.some(({ how, before }) => how === 'dropped' && same(before.name, table)),
    )
  )
}

/** A trigger under another name that does the same. */
function sameWork(evidence: Evidence, table: string, sql: string): boolean {
  const body = bodyOf(sql)
  return [...evidence.after.triggers.values()].some(
    (other) => same(other.table, table) && bodyOf(other.sql) === body,
  )
}

function bodyOf(sql: string): string {
  const words = significantTokens(portableTrigger(sql)).map(({ text }) => text.toLowerCase())
  return words.slice(words.indexOf('begin')).join(' ')
}

function lostViews(evidence: Evidence): Finding[] {
  return [...evidence.before.views].flatMap(([key, view]) => {
    if (evidence.after.views.has(key) || evidence.after.tables.has(key)) return []
    const place = evidence.statements.find(
      ({ anatomy }) => anatomy.verb === 'drop-view' && same(anatomy.target, view.name),
    )
    const tokens = significantTokens(view.sql)
    const beside = evidence.fates.some(
      ({ how, before }) => how === 'rebuilt' && mentions(tokens, before.name),
    )
    const message = `The view ${view.name} is dropped and not made again.`
    return [
      findingOf(
        tr101,
        beside ? lossSeverity(evidence) : 'warning',
        place,
        message + againText(evidence, view),
        {
          table: view.name,
          ...againAtEnd(evidence, place, view),
        },
      ),
    ]
  })
}

/** A rename rewrites the views that read the table: they go on showing the old one, which nothing writes any more. */
function staleViews(evidence: Evidence): Finding[] {
  return parentsLeft(evidence).flatMap(({ fate, oldName }) =>
    [...evidence.after.views].flatMap(([key, view]) => {
      const was = evidence.before.views.get(key)
      const reads = (sql: string | undefined): boolean => mentions(significantTokens(sql ?? ''), oldName)
      if (was === undefined || reads(was.sql) || !reads(view.sql)) return []
      const message = `The view ${view.name} goes on reading the renamed ${oldName}, not the new ${fate.before.name}.`
      const advice = 'Drop and create it at the end of the migration.'
      const fix = againAtEnd(evidence, fate.ended, was, `DROP VIEW ${quoted(view.name)}`)
      return [
        findingOf(tr101, lossSeverity(evidence), fate.ended, message + againText(evidence, was), {
          table: view.name,
          advice,
          ...fix,
        }),
      ]
    }),
  )
}

function brokenObjects(evidence: Evidence): Finding[] {
  const severity = evidence.certain ? 'error' : 'warning'
  // What fails without any trigger because of a key is told by FK101 and FK102.
  const keysFail = [...withoutTarget(evidence.after), ...mismatched(evidence.after)].length > 0
  return evidence.broken.flatMap((broken) => {
    const place = breaker(evidence, broken)
    if (broken.type === 'view') {
      const message = `The view ${broken.name} can no longer be read: ${broken.message}.`
      return [findingOf(tr101, severity, place, message, { table: broken.name, advice: VIEW_ADVICE })]
    }
    const { table, writes, trigger, message: why } = broken
    const what = `${writes.join(', ')} on ${table} ${writes.length === 1 ? 'fails' : 'fail'}`
    if (trigger === undefined) {
      const advice = 'No trigger is the cause: compare what SQLite says with the tables as they are now.'
      return keysFail ? [] : [findingOf(tr101, severity, undefined, `${what}: ${why}.`, { table, advice })]
    }
    const message = `${what} because of the trigger ${trigger}: ${why}.`
    const advice = `Drop the trigger ${trigger} if its work is over, else create it again for the tables as they are now.`
    return [findingOf(tr101, severity, place, message, { table, advice })]
  })
}

const VIEW_ADVICE = 'Drop the view if nothing reads it, else create it again for the tables as they are now.'

/** The statement that made the object so, or took or altered what it names; undefined where none is known to have. */
function breaker(evidence: Evidence, broken: BrokenObject): StatementEvidence | undefined {
  const own = broken.type === 'view' ? broken.name : broken.trigger
  const source = broken.type === 'view' ? evidence.after.views : evidence.after.triggers
  const sql = source.get((own ?? '').toLowerCase())?.sql
  const missing = /no such (?:table|column): (?:main\.)?(?:\w+\.)?(\w+)/i.exec(broken.message)?.[1]
  const used = significantTokens(sql ?? '')
  const statements = evidence.end?.statements ?? []
  const made = statements.filter(
    ({ anatomy }) => /^create-(?:view|trigger)$/.test(anatomy.verb) && same(anatomy.target, own),
  )
  const shapes = statements.filter(
    ({ anatomy: { verb, target } }) =>
      /^(?:drop-table|drop-view|alter-table)$/.test(verb) && mentions(used, target ?? ''),
  )
  const named = shapes.filter(({ anatomy }) => missing !== undefined && mentions(anatomy.tokens, missing))
  return named.at(-1) ?? shapes.at(-1) ?? made.at(-1)
}
