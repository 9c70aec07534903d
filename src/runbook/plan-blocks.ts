import type { PlanView } from '../contract/plan-view.js'
import type { RowChange } from '../contract/plan.js'
import { formatDuration } from '../text/duration.js'
import { grouped } from '../contract/number.js'
import { WAY_BACK_ANSWERED } from './plan-review.js'
import { oneLine } from '../text/one-line.js'
import { plural } from '../text/plural.js'
import { DIFF_MARKS } from '../text/sql-diff.js'
import { visible } from '../text/visible.js'

export type PlanPart =
  /** `under`: it belongs to the line before. */
  | { kind: 'line'; text: string; tone?: 'error' | 'warning' | 'info' | 'name'; under?: true }
  /** Each row as it stands; of a difference with its mark before it. */
  | { kind: 'code'; language: 'sql' | 'diff'; rows: string[] }

export interface PlanBlock {
  title: 'Changes' | 'Findings' | 'Way back' | 'Baseline'
  parts: PlanPart[]
}

/** What every surface says of a plan, in the order in which it is read. The commands that decide it stand before it. */
export function planBlocks(view: PlanView): PlanBlock[] {
  return [
    { title: 'Changes', parts: [...filesOf(view), ...schemaOf(view), ...rowsOf(view)] },
    { title: 'Findings', parts: findingsOf(view) },
    ...(view.wayBack === undefined ? [] : [{ title: 'Way back' as const, parts: wayBackOf(view.wayBack) }]),
    { title: 'Baseline', parts: baselineOf(view) },
  ]
}

/** Enough to tell two plans apart; decisions are bound to the whole, which `show --json` has. */
export function planHeadline({ planHash, verdict }: Pick<PlanView, 'planHash' | 'verdict'>): string {
  return `Plan ${planHash.slice(0, 12)}: ${verdict}`
}

/** The same as rows of plain text, where nothing but blanks can set them off. `codeRows`: of each piece of SQL at most so many. */
export function planRows(view: PlanView, { codeRows = Infinity }: { codeRows?: number } = {}): string[] {
  return [
    planHeadline(view),
    ...planBlocks(view).flatMap(({ title, parts }) => [
      `${title}:`,
      ...parts.flatMap((part) =>
        part.kind === 'line'
          ? [`  ${part.under === true ? '- ' : ''}${part.text}`]
          : shortened(part.rows, codeRows).map((row) => `    ${row}`),
      ),
    ]),
  ]
}

function shortened(rows: readonly string[], most: number): string[] {
  if (rows.length <= most) return [...rows]
  return [...rows.slice(0, most - 1), `… ${plural(rows.length - most + 1, 'more line')}`]
}

function filesOf({ files }: PlanView): PlanPart[] {
  if (files.length === 0) return [line('Nothing is pending.')]
  return files.flatMap(({ name, statements, durationMs, stopped, costly, sql }) => {
    const unfinished = stopped ? 'not run to its end' : 'not run'
    const took = durationMs === null ? unfinished : `${formatDuration(durationMs)} on the copy`
    return [
      line(`${name}: ${plural(statements, 'statement')}, ${took}`, 'name'),
      ...costly.map((one) => {
        const rows = `${grouped(one.rowsRead)} rows read, ${grouped(one.rowsWritten)} written`
        return under(`line ${one.line}: ${rows}, ${grouped(one.ms)} ms`)
      }),
      ...(sql === undefined ? [] : [code('sql', sql.rows, sql.left)]),
    ]
  })
}

function schemaOf({ schema, files }: PlanView): PlanPart[] {
  if (schema === undefined || files.length === 0) return []
  if (schema.length === 0) return [line('The schema stays as it is.')]
  return schema.flatMap(({ change, type, name, rows, left, renamedFrom }) => [
    line(`${type} ${name}: ${renamedFrom === undefined ? change : `renamed from ${renamedFrom}`}`, 'name'),
    ...(rows.length === 0
      ? []
      : [
          code(
            'diff',
            rows.map(({ mark, sql }) => `${DIFF_MARKS[mark]} ${sql}`),
            left,
          ),
        ]),
  ])
}

function rowsOf({ rows, sameRows, files }: PlanView): PlanPart[] {
  if (files.length === 0) return []
  const unfinished = files.some(({ durationMs }) => durationMs === null)
  // Counts of where it stopped say nothing of what the files do.
  if (unfinished && rows.length === 0) return [line(ROWS_NOT_KNOWN)]
  if (rows.length === 0) return [line(`No table gains or loses rows (${plural(sameRows, 'table')}).`)]
  return [
    ...(unfinished ? [line(ROWS_NOT_KNOWN)] : []),
    ...rows.map((one) => line(rowLine(one))),
    ...(sameRows === 0 || unfinished
      ? []
      : [line(`${plural(sameRows, 'other table')}: as many rows as before`)]),
  ]
}

/** Of a plan whose files were not run to their end. */
export const ROWS_NOT_KNOWN =
  'Which tables gain or lose rows is not known: the files were not run to their end on the copy.'

function rowLine({ table: name, before, after, index, renamedFrom }: RowChange): string {
  const table = index === true ? `search index ${name}` : name
  if (renamedFrom !== undefined) {
    const rows = before === after ? '' : `${grouped(before ?? 0)} → `
    return `${table}: renamed from ${renamedFrom}, ${rows}${plural(after ?? 0, 'row')}`
  }
  if (before === null) return `${table}: new, ${plural(after ?? 0, 'row')}`
  // Where its rows are the findings say.
  if (after === null) return `${table}: dropped, it had ${plural(before, 'row')}`
  return `${table}: ${grouped(before)} → ${plural(after, 'row')}`
}

function findingsOf({ findings, queries }: PlanView): PlanPart[] {
  const order = { error: 0, warning: 1, info: 2 }
  const found = [...findings]
    .sort((a, b) => order[a.severity] - order[b.severity])
    .map(({ severity, code: rule, migration, line: at, message, accepted }) => {
      const place = at === undefined ? migration : `${migration}:${at}`
      const [label, why] = accepted === undefined ? [severity, ''] : ['accepted', ` (reason: ${accepted})`]
      return line(`${label} ${rule} ${place}: ${message}${why}`, severity)
    })
  return [
    ...(found.length === 0 ? [line('The analysis found nothing to say.')] : found),
    ...queries.map((text, at) => (at === 0 ? line(text) : under(text))),
  ]
}

function wayBackOf(back: NonNullable<PlanView['wayBack']>): PlanPart[] {
  const { available, rehearsed, price, notes, answered } = back
  const proof = rehearsed ? 'rehearsed' : 'not rehearsed'
  return [
    line(
      available
        ? `A reverse migration, ${proof}. Its price:`
        : `Only the backup: no reverse migration could be written${price.length === 0 ? '' : ':'}`,
    ),
    ...price.map((text) => under(text)),
    ...notes.map((text) => line(`! ${text}`)),
    ...(answered === true ? [line(WAY_BACK_ANSWERED)] : []),
  ]
}

function baselineOf({ baseline }: PlanView): PlanPart[] {
  if (baseline === undefined) return [line('Not taken yet: a run takes it before anybody approves its plan.')]
  if (baseline.length === 0) return [line('None: no probe measures anything.')]
  return baseline.map((text) => line(text))
}

type LinePart = Extract<PlanPart, { kind: 'line' }>

function under(text: string): LinePart {
  return { ...line(text), under: true }
}

function line(text: string, tone?: LinePart['tone']): LinePart {
  const whole = visible(oneLine(text))
  return { kind: 'line', text: whole, ...(tone === undefined ? {} : { tone }) }
}

function code(language: 'sql' | 'diff', rows: readonly string[], left: number): PlanPart {
  const more = left === 0 ? [] : [`… ${plural(left, 'more line')}`]
  return { kind: 'code', language, rows: [...rows.map((row) => visible(row)), ...more] }
}
