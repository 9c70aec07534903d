import type { Finding } from '../../contract/finding.js'
import { portableTrigger } from '../../d1/sql/remote-triggers.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import type { Evidence, ViewFate } from '../evidence.js'
import { findingOf, rowsText, same, type Rule } from './rule.js'
import { grouped } from '../../contract/number.js'

export const bc104: Rule = {
  code: 'BC104',
  title: 'view that shows other rows, or trigger that does something else',
  severity: 'warning',
  advice:
    'The running application reads the new rows as soon as the migration is applied: see that it is meant to, or give them a view of their own.',
  source: 'rehearsal: the rows of a view before and after, where its text was changed',
  check: (evidence) => [...changedViews(evidence), ...changedTriggers(evidence)],
}

/** Dropped by name and made again under it: what it does to the rows of now is told where a write fails (TR101), not what it writes. */
function changedTriggers(evidence: Evidence): Finding[] {
  return [...evidence.before.triggers].flatMap(([key, was]): Finding[] => {
    const now = evidence.after.triggers.get(key)
    const place = evidence.statements.findLast(
      ({ anatomy }) => anatomy.verb === 'create-trigger' && same(anatomy.target, was.name),
    )
    if (now === undefined || place === undefined || wordsOf(was.sql) === wordsOf(now.sql)) return []
    const [before, after] = [partsOf(was.sql), partsOf(now.sql)]
    const parts = [
      ...(before.when === after.when ? [] : ['another event or condition']),
      ...(before.body === after.body ? [] : ['other statements']),
    ]
    if (parts.length === 0) return []
    const message = `The trigger ${was.name} on ${now.table} is made again otherwise: ${parts.join(', ')}.`
    return [findingOf(bc104, 'info', place, message, { table: now.table, advice: TRIGGER_ADVICE })]
  })
}

const TRIGGER_ADVICE =
  'The writes of the running application fire it as soon as the migration is applied: see that what differs is meant.'

function wordsOf(sql: string): string {
  return significantTokens(portableTrigger(sql))
    .map(({ kind, text }) => (kind === 'string' ? text : unquote(text).toLowerCase()))
    .join(' ')
}

/** From its name on: the event, table and WHEN; then what stands behind BEGIN. */
function partsOf(sql: string): { when: string; body: string } {
  const words = wordsOf(sql)
  const begin = words.indexOf(' begin ')
  const event = words.slice(0, begin).search(/ (?:before|after|instead of|insert|delete|update) /)
  const when = words
    .slice(event, begin)
    .replace(/^ before /, ' ')
    .replace(/ for each row(?= |$)/, '')
  return { when, body: words.slice(begin) }
}

function changedViews(evidence: Evidence): Finding[] {
  return (evidence.views ?? []).flatMap((view): Finding[] => {
    const { rows, name, source } = view
    const place = evidence.statements.findLast(
      ({ anatomy }) => anatomy.verb === 'create-view' && same(anatomy.target, name),
    )
    const others = rows !== undefined && (rows.gone > 0 || rows.come > 0 || rows.before !== rows.after)
    // What only follows a table that is renamed is written otherwise by SQLite.
    if (place === undefined || (!others && !source)) return []
    return [
      findingOf(bc104, fewerOrMore(view) ? 'warning' : 'info', place, messageOf(view, others), {
        table: name,
        ...(rows === undefined ? {} : { before: rows.before, after: rows.after }),
      }),
    ]
  })
}

/** Another value in as many rows is what a view is made again for; other rows are what a condition does unseen. */
function fewerOrMore({ rows }: ViewFate): boolean {
  return rows !== undefined && rows.before !== rows.after
}

function messageOf({ name, rows }: ViewFate, others: boolean): string {
  if (rows === undefined) return `The view ${name} is made of other rows now.`
  if (!others) return `The view ${name} is written otherwise; no row shows a difference.`
  const parts = [
    ...(rows.gone > 0
      ? [`${rowsText(rows.gone)} of before ${rows.gone === 1 ? 'is' : 'are'} not among them`]
      : []),
    ...(rows.come > 0 ? [`${rowsText(rows.come)} ${rows.come === 1 ? 'was' : 'were'} not there`] : []),
  ]
  return `The view ${name} shows ${rowsText(rows.after)} now, ${grouped(rows.before)} before${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`
}
