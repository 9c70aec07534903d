import type { TriggerSchema } from '../../d1/schema/schema.js'
import { writtenBy } from '../statement/search-triggers.js'
import { mentions } from '../statement/statement.js'
import { parentsLeft, shapeCulprit } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence } from '../evidence.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { mismatched, withoutTarget } from './foreign-keys.js'
import { atEndOf, findingOf, lossSeverity, same, type Rule } from './rule.js'

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
    const place = dropped ?? (fate === undefined ? undefined : shapeCulprit(evidence, fate))
    const severity = dropped === undefined ? lossSeverity(evidence) : 'warning'
    const message =
      dropped === undefined
        ? now === undefined
          ? `The trigger ${trigger.name} is lost with the table ${trigger.table} that is rebuilt.`
          : `The trigger ${trigger.name} stays with the renamed ${now.table}; the new ${trigger.table} has none.`
        : `The trigger ${trigger.name} is dropped and not made again.`
    return [
      findingOf(tr101, severity, place, message, {
        table: trigger.table,
        ...atEndOf(evidence, place, [trigger.sql]),
      }),
    ]
  })
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
  const words = significantTokens(sql).map(({ text }) => text.toLowerCase())
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
      findingOf(tr101, beside ? lossSeverity(evidence) : 'warning', place, message, {
        table: view.name,
        ...atEndOf(evidence, place, [view.sql]),
      }),
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
      const fix = atEndOf(evidence, fate.ended, [`DROP VIEW ${quoted(view.name)}`, was.sql])
      return [
        findingOf(tr101, lossSeverity(evidence), fate.ended, message, { table: view.name, advice, ...fix }),
      ]
    }),
  )
}

function brokenObjects(evidence: Evidence): Finding[] {
  const keys = new Set(
    [...withoutTarget(evidence.after), ...mismatched(evidence.after)].flatMap(({ table, key }) => [
      table.name.toLowerCase(),
      key.target.toLowerCase(),
    ]),
  )
  return evidence.broken
    .filter(({ type, name }) => type === 'view' || !keys.has(name.toLowerCase()))
    .map(({ type, name, message }) => {
      const missing = /no such (?:table|column): (?:main\.)?(?:\w+\.)?(\w+)/i.exec(message)?.[1] ?? name
      const place = (evidence.end?.statements ?? []).findLast(
        ({ anatomy }) => mentions(anatomy.tokens, missing) || mentions(anatomy.tokens, name),
      )
      const what =
        type === 'view'
          ? `The view ${name} can no longer be read: ${message}.`
          : `${name} can no longer be written, because of a trigger: ${message}.`
      return findingOf(tr101, evidence.certain ? 'error' : 'warning', place, what, { table: name })
    })
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
