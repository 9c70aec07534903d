import { copiesOf, isCollateral, refilledLater, rowLossCulprit, rowLosses } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { holdsRows, tableNamed } from '../../d1/schema/schema.js'
import { isUniqueAmong } from '../compare/row-keys.js'
import { columnsFilled } from '../compare/writers.js'
import { isThroughParent } from './dl101.js'
import { condensedText, endsText, whereNow } from './ds102.js'
import { NamesInTime } from './own-names.js'
import { findingOf, rowsText, same, type Rule } from './rule.js'
import { grouped } from '../../contract/number.js'

export const dl102: Rule = {
  code: 'DL102',
  title: 'rows lost, or rows that were not there before',
  severity: 'error',
  advice:
    'Copy the rows elsewhere first, correct the condition, or accept the loss in the file: `-- d1-runbook: accept DL102 TABLE: reason`.',
  source: 'rehearsal: rows of the backup that no table holds afterwards',
  check: (evidence) =>
    evidence.mode === 'copy'
      ? [
          ...observed(evidence),
          ...equal(evidence),
          ...summed(evidence),
          ...appeared(evidence),
          ...repeated(evidence),
        ]
      : possible(evidence),
}

/** Rows that a rebuild brings: a copy that makes several of one, or a table that was there already. */
function appeared(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) => {
    const found = fate.data?.appeared
    if (fate.data === undefined || found === undefined) return []
    const { rows, samples, leftover, each } = found
    const verb = rows === 1 ? 'is' : 'are'
    const why =
      leftover === undefined
        ? 'the copy makes more rows than it reads'
        : `${leftover.table}, which takes its place, was there before with ${rowsText(leftover.rows)}`
    const among = samples.length === 0 ? '' : ` Among them: (${samples.join('), (')}).`
    if (each !== undefined)
      return [
        findingOf(
          dl102,
          'info',
          rowLossCulprit(evidence, fate),
          `${rowsText(rows)} of ${fate.before.name} ${verb} new: the copy makes one for each ${each.length === 1 ? each[0] : `(${each.join(', ')})`}.${among}`,
          {
            ...{ table: fate.before.name, before: fate.data.rowsBefore, after: fate.data.rowsAfter },
            advice: 'See that the application asks for one of them, where it asked for the row.',
          },
        ),
      ]
    const message = `${rowsText(rows)} of ${fate.before.name} ${verb} new, though no statement adds any: ${why}.${among}`
    const meant = leftover !== undefined && !leftover.asked
    return [
      findingOf(dl102, meant ? 'warning' : 'error', rowLossCulprit(evidence, fate), message, {
        table: fate.before.name,
        before: fate.data.rowsBefore,
        after: fate.data.rowsAfter,
        advice: leftover === undefined ? COPY_ONCE : leftover.asked ? DROP_FIRST : MEANT,
      }),
    ]
  })
}

/** Rows of one key that became one, which says how many they were together. */
function summed(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) => {
    const { data, before, after } = fate
    if (data?.summed === undefined || after === undefined) return []
    const { rows, columns, by = ['key'] } = data.summed
    const of = columns.map((name) => `${after.name}.${name}`).join(', ')
    const message = `${rowsText(rows)} of ${before.name} ${rows === 1 ? 'becomes' : 'become'} one with another of the same ${by.join(', ')}; ${of} ${columns.length === 1 ? 'is' : 'are'} their sum${endsText(data.summed, after.name)}.`
    return [
      findingOf(dl102, 'warning', rowLossCulprit(evidence, fate), message, {
        ...{ table: before.name, before: data.rowsBefore, after: data.rowsAfter },
        advice: 'What each of them said is gone with it; see that nobody asks for them by the other key.',
      }),
    ]
  })
}

/** Rows of a table that a copy puts into a new one more than once, or into the table itself. */
function repeated({ repeated: tables }: Evidence): Finding[] {
  return tables.map((it) => {
    const { table, source, rows, samples } = it
    const verb = rows === 1 ? 'repeats' : 'repeat'
    const among = `Among them: (${samples.join('), (')}).`
    if (same(table, source)) {
      const message = `${rowsText(rows)} of ${table} ${verb} a row that it had already: the statement copies the table into itself. ${among}`
      return findingOf(dl102, 'error', it, message, { table, advice: TELL_APART.replace('TABLE', table) })
    }
    const message = `${rowsText(rows)} of ${table} ${verb} a row of ${source} that it holds already: the copy makes more rows than it reads. ${among}`
    return findingOf(dl102, 'error', it, message, { table, advice: COPY_ONCE })
  })
}

const TELL_APART =
  'Set the column that tells a copy from its row, or leave the statement out; where equal rows are meant, accept them: `-- d1-runbook: accept DL102 TABLE: reason`.'
const COPY_ONCE = 'Join only where at most one row matches, or copy from the table alone.'
const DROP_FIRST =
  'Drop the table of that name first (DROP TABLE IF EXISTS) and create it without IF NOT EXISTS, so that it is empty when it is filled.'
const MEANT =
  'The statement only gives a table that was there another name: see that its rows are those that the application is to find, or empty it before it is filled.'

function observed(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) => {
    const { data, before } = fate
    if (data === undefined || data.lost === 0) return []
    const losses = rowLosses(evidence, fate)
    const left = data.rowsBefore - data.lost - (data.equal ?? 0)
    const some = `${losses.length > 1 ? 'in the end ' : ''}${grouped(left)} of ${grouped(data.rowsBefore)} ${left === 1 ? 'remains' : 'remain'}`
    const remain = fate.how === 'dropped' && data.moved > 0 ? whereNow(data) : some
    const drop = fate.how === 'dropped' ? ` with the table, which is dropped${condensedText(fate)}` : ''
    return losses
      .filter((loss) => !isThroughParent(evidence, fate, loss))
      .map(({ place, rows, samples = [] }) => {
        const through = place !== undefined && isThrough(evidence, place, fate)
        const blunt = place?.anatomy.verb === 'delete' && !place.anatomy.hasWhere && !through
        const how = through ? ` through ${calledBy(place)}` : blunt ? ' by a DELETE without WHERE' : drop
        const among = samples.length === 0 ? '' : ` Among them: (${samples.join('), (')}).`
        const message = `${rowsText(rows)} of ${before.name} ${rows === 1 ? 'is' : 'are'} lost${how}; ${remain}.${among}`
        return findingOf(dl102, 'error', place, message, {
          table: before.name,
          count: data.lost,
          before: data.rowsBefore,
          after: losses.length > 1 ? data.rowsBefore - rows : data.rowsAfter,
          advice: dl102.advice.replace('TABLE', before.name),
        })
      })
  })
}

/** Rows that were there several times and are there less often: every one that is gone has an equal one. */
function equal(evidence: Evidence): Finding[] {
  return evidence.fates.flatMap((fate) => {
    const { data, before } = fate
    if (data?.equal === undefined) return []
    const [are, have] = data.equal === 1 ? ['is', 'has'] : ['are', 'have']
    const samples = `Among them: (${(data.equalSamples ?? []).join('), (')}).`
    const so =
      data.equalBut === undefined
        ? 'in every column: how often each was there is lost'
        : `in every column but ${data.equalBut}; no foreign key, and no column called after ${before.name}, refers to ${data.equal === 1 ? 'it' : 'them'}`
    const message = `${rowsText(data.equal)} of ${before.name} ${are} gone and ${have} an equal one still there, ${so}. ${samples}`
    return [
      findingOf(dl102, 'warning', rowLossCulprit(evidence, fate), message, {
        ...{ table: before.name, count: data.equal, before: data.rowsBefore, after: data.rowsAfter },
        advice:
          'Duplicates that mean nothing may go; where each row stands for an event, keep their number: SELECT …, count(*) … GROUP BY all columns.',
      }),
    ]
  })
}

/** Rows of the table go by what the statement does to another one: a key or a trigger. */
function isThrough(evidence: Evidence, place: StatementEvidence, fate: TableFate): boolean {
  return (
    isCollateral(evidence, place, fate) &&
    place.touches.some(({ table, how }) => how === 'delete' && same(table, fate.before.name))
  )
}

function calledBy({ anatomy: { verb, replaces, target = '' } }: StatementEvidence): string {
  switch (verb) {
    case 'delete':
      return `the DELETE on ${target}`
    case 'update':
      return `the UPDATE of ${target}`
    case 'drop-table':
      return `DROP TABLE ${target}`
    default:
      return `the ${replaces ? 'REPLACE' : 'INSERT'} into ${target}`
  }
}

function possible(evidence: Evidence): Finding[] {
  const deletes = evidence.statements
    .filter(({ anatomy }) => anatomy.verb === 'delete' && anatomy.hasWhere)
    .filter((statement) => tableNamed(evidence.before, statement.anatomy.target ?? '') !== undefined)
    .filter((statement) => !refilledLater(evidence, statement, statement.anatomy.target ?? ''))
    .map((statement) =>
      findingOf(dl102, 'warning', statement, `DELETE takes rows out of ${statement.anatomy.target ?? ''}.`, {
        table: statement.anatomy.target ?? '',
      }),
    )
  const rebuilds = evidence.fates
    .filter(({ how, before }) => how === 'rebuilt' && holdsRows(before))
    .flatMap((fate) => {
      const copies = copiesOf(evidence, fate, new NamesInTime(evidence, fate))
      const copied = copies.length > 0 || fate.copiedTo.some((table) => same(table, fate.after?.name))
      const filter = copies.find(({ anatomy }) => anatomy.hasWhere)
      if (copied && filter === undefined) return []
      const what = copied ? 'only the rows that the WHERE lets through are copied' : 'its rows are not copied'
      return [
        findingOf(dl102, 'warning', filter ?? fate.ended, `${fate.before.name} is rebuilt, but ${what}.`, {
          table: fate.before.name,
        }),
      ]
    })
  return [...deletes, ...rebuilds, ...doubled(evidence)]
}

/** Each row that is copied into its own table with all that the statement fills as it was. Which rows there are, only the database knows. */
function doubled({ statements, before, after }: Evidence): Finding[] {
  return statements.flatMap((statement) => {
    const { anatomy, sources } = statement
    const table = tableNamed(after, anatomy.target ?? '')
    if (anatomy.verb !== 'insert' || table === undefined || tableNamed(before, table.name) === undefined)
      return []
    const all = table.columns.filter(({ generated }) => !generated).map(({ name }) => name)
    const filled = columnsFilled(anatomy) ?? all
    const asItIs = (name: string): boolean =>
      sources.some(
        (source) => same(source.table, table.name) && same(source.from, name) && same(source.column, name),
      )
    // A key that is filled, too, refuses them.
    const isUnique = isUniqueAmong(table, (name) => filled.some((it) => same(it, name)))
    if (!filled.every(asItIs) || isUnique) return []
    const message = `INSERT copies rows of ${table.name} into ${table.name} itself, as they are: each of them is there twice afterwards.`
    return [
      findingOf(dl102, 'warning', statement, message, {
        table: table.name,
        advice: TELL_APART.replace('TABLE', table.name),
      }),
    ]
  })
}
