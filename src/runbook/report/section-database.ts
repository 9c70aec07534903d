import { phrases } from '../../text/phrases.js'
import { afterRollbackLines } from '../after-rollback.js'
import { ROWS_NOT_KNOWN } from '../plan-blocks.js'
import { planView } from '../plan-view.js'
import type { PlanView } from '../../contract/plan-view.js'
import { DIFF_MARKS } from '../../text/sql-diff.js'
import { adviceOf, fixPlace } from '../../text/fix.js'
import type { Finding } from '../../contract/finding.js'
import type { Plan } from '../../contract/plan.js'
import type { RunView } from '../../contract/run.js'
import { megabytes } from '../../text/bytes.js'
import { grouped } from '../../contract/number.js'
import { plural } from '../../text/plural.js'
import { formatDuration } from '../../text/duration.js'
import {
  inLedger,
  ledgerText,
  migrationState,
  safetyCopyText,
  stateHeads,
  touchedBy,
} from '../migration-state.js'
import { backupProof, sealedTo } from '../backup-words.js'
import { lostBy, waysOf } from '../rollback-options.js'
import { heading, text, tableOr, type Block, type Line, type Section } from './document.js'
import { shownTime, type ReportInput } from './input.js'
import { words } from '../../contract/next-command.js'

/** What was done to the database, what it changed, and how to undo it. */
export function migrationsSection({ view, plan, timeZone }: ReportInput): Section {
  return {
    id: 'now',
    title: 'What is true now',
    blocks: [
      tableOr(
        'No migration is planned.',
        ['File', ...stateHeads(view), { number: 'Took' }, { number: 'On the copy' }, 'SHA-256'],
        view.migrations.map((one) => {
          const { name, durationMs, sha256 } = one
          const rehearsed = plan?.migrations.find((planned) => planned.name === name)
          return [
            { code: name },
            migrationState(one, view.migrations),
            ...inLedger(name, view),
            durationMs === null ? '-' : formatDuration(durationMs),
            rehearsed === undefined ? '-' : formatDuration(rehearsed.durationMs),
            { code: sha256.slice(0, 12) },
          ]
        }),
      ),
      ...recorded(view),
      ...readBack(view, timeZone),
      ...takenBack(view, timeZone),
    ],
  }
}

/** Of an adoption. */
function recorded({ adopted, notProven }: RunView): Block[] {
  if (notProven === undefined) return []
  if (adopted === undefined)
    return [text('Whether the ledger was written is not known: it could not be read back.')]
  return [
    {
      kind: 'list',
      items: [
        ...adopted.map((name): Line => ['Recorded in the ledger as held already, not run: ', { code: name }]),
        ...(adopted.length === 0 ? ['Nothing was recorded in the ledger.'] : []),
        ...notProven.map(({ name, why }): Line => [
          'Not proven, and not recorded: ',
          { code: name },
          `: ${why}`,
        ]),
      ],
    },
  ]
}

function readBack(view: RunView, timeZone: string | undefined): Block[] {
  const said = ledgerText(view)
  return said === undefined ? [] : [text(`Read back ${shownTime(view.ledger?.readAt, timeZone)}: ${said}.`)]
}

/** What the way back that was taken lost, and what undoes it. */
function takenBack(view: RunView, timeZone: string | undefined): Block[] {
  const { rollback, backup } = view
  if (rollback === undefined) return []
  const seen = afterRollbackLines(view, timeZone)
  const lost = phrases(lostBy(rollback, backup, timeZone))
  const undo: Line[] =
    rollback.undo === undefined ? [] : [['Undo: Time Travel to the bookmark ', { code: rollback.undo }]]
  return [
    {
      kind: 'list',
      items: [
        `Taken back because: ${rollback.issue}`,
        ...(lost === '' ? [] : [`Lost: ${lost}`]),
        ...seen,
        ...undo,
      ],
    },
  ]
}

/** Of a run that is over none is to come. */
function noPlan({ outcome }: RunView): string {
  return outcome === null ? 'There is no plan yet.' : 'No plan was made.'
}

export function changesSection({ view, plan }: ReportInput): Section {
  const section = { id: 'changes', title: 'What it changes' }
  if (plan === null) return { ...section, blocks: [text(noPlan(view))] }
  const { files, schema, rows: changed, sameRows: same } = planView(plan, { whole: true })
  const unfinished = files.some(({ durationMs }) => durationMs === null)
  return {
    ...section,
    blocks: [
      heading('Schema'),
      ...schemaBlocks(schema),
      text(['Fingerprint before ', { code: plan.schemaFingerprint }]),
      text(['Fingerprint after, as rehearsed ', { code: plan.predictedFingerprint }]),
      ...files.flatMap(({ name, sql }): Block[] =>
        sql === undefined
          ? []
          : [
              {
                kind: 'fold',
                summary: `SQL of ${name}`,
                blocks: [{ kind: 'code', language: 'sql', text: sql.rows.join('\n') }],
              },
            ],
      ),
      heading('Rows per table'),
      text(
        unfinished
          ? ROWS_NOT_KNOWN
          : `As rehearsed on the restored copy; ${changed.length === 0 ? plural(same, 'table') : `${same} more`} unchanged.`,
      ),
      tableOr(
        unfinished ? countedText(same) : 'No table gains or loses rows.',
        ['Table', { number: 'Before' }, { number: 'After' }, { number: 'Difference' }],
        changed.map(({ table, before, after, renamedFrom }) => [
          renamedFrom === undefined
            ? { code: table }
            : [{ code: table }, ' (was ', { code: renamedFrom }, ')'],
          before === null ? 'did not exist' : grouped(before),
          after === null ? 'dropped' : grouped(after),
          signed((after ?? 0) - (before ?? 0)),
        ]),
      ),
    ],
  }
}

function countedText(tables: number): string {
  return tables === 0
    ? 'No table was counted.'
    : `Of ${plural(tables, 'table')} that ${tables === 1 ? 'was' : 'were'} counted on the copy then, none had gained or lost rows.`
}

function schemaBlocks(changes: PlanView['schema']): Block[] {
  if (changes === undefined) return [text('The plan carries no list of schema changes.')]
  if (changes.length === 0) return [text('The schema stays as it is.')]
  const all = changes.flatMap(({ change, type, name, rows, renamedFrom }): Block[] => [
    text([
      `${type} `,
      { code: name },
      ...(renamedFrom === undefined ? [`: ${change}`] : [': renamed from ', { code: renamedFrom }]),
    ]),
    {
      kind: 'code',
      language: 'diff',
      text: rows.map(({ mark, sql }) => `${DIFF_MARKS[mark]} ${sql}`).join('\n'),
    },
  ])
  if (changes.length <= OPEN_CHANGES) return all
  return [
    text(`${changes.length} objects change.`),
    { kind: 'fold', summary: 'All of them, as a difference', blocks: all },
  ]
}

/** More than so many would push the rest of the plan off the page. */
const OPEN_CHANGES = 8

export function findingsSection({ view, plan }: ReportInput): Section {
  const section = { id: 'findings', title: 'Findings' }
  if (plan === null) return { ...section, blocks: [text(noPlan(view))] }
  const found = plan.findings
  return {
    ...section,
    blocks: [
      text(['Verdict of the analysis: ', { strong: plan.verdict }]),
      tableOr(
        'The analysis found nothing to say.',
        ['Code', 'Severity', 'Where', 'What', 'Accepted because'],
        found.map((one) => [
          { code: one.code },
          one.severity,
          { code: whereOf(one) },
          adviceOf(one) === undefined ? one.message : words`${one.message} ${one.advice}`,
          one.accepted ?? '-',
        ]),
      ),
      ...planView(plan).queries.map((line) => text(line)),
      ...found.flatMap(fixBlock),
    ],
  }
}

function fixBlock(finding: Finding): Block[] {
  const { code, fix, query } = finding
  const sql = (content: string): Block => ({ kind: 'code', language: 'sql', text: content })
  const blocks = [
    ...(query === undefined ? [] : [text('The rows that it is about:'), sql(query)]),
    ...(fix === undefined ? [] : [text(fixPlace(fix)), sql(fix.sql)]),
  ]
  if (blocks.length === 0) return []
  return [{ kind: 'fold', summary: `SQL for ${code} of ${whereOf(finding)}`, blocks }]
}

function whereOf({ migration, line }: Finding): string {
  return line === undefined ? migration : `${migration}:${line}`
}

export function backupSection({ view, timeZone }: ReportInput): Section {
  const section = { id: 'backup', title: 'Backup and proof of restore' }
  const { backup, safetyCopy } = view
  const replaced = safetyCopy === undefined ? [] : [text(`${safetyCopyText(safetyCopy, timeZone)}.`)]
  if (backup === null) return { ...section, blocks: [text('No backup was made.'), ...replaced] }
  const rows = backup.tables.reduce((sum, one) => sum + one.rows, 0)
  return {
    ...section,
    blocks: [
      {
        kind: 'list',
        items: [
          ['Archive ', { code: backup.file }],
          ['SHA-256 ', { code: backup.sha256 }],
          `${megabytes(backup.sizeBytes)}, made ${shownTime(backup.createdAt, timeZone)}${backup.durationMs === undefined ? '' : ` in ${formatDuration(backup.durationMs)}`}`,
          backup.verified
            ? `Verified: restored into a scratch database and compared, ${plural(backup.tables.length, 'table')}, ${grouped(rows)} rows`
            : 'NOT verified',
          ...backupProof(backup),
          ...sealedTo(backup),
          ['Schema fingerprint ', { code: backup.schemaFingerprint }],
          ...(backup.bookmark === undefined ? [] : [['Time Travel bookmark ', { code: backup.bookmark }]]),
        ],
      },
      ...replaced,
      {
        kind: 'fold',
        summary: 'Tables in the backup',
        blocks: [
          tableOr(
            'It holds no table.',
            ['Table', { number: 'Rows' }, 'Checksum'],
            backup.tables.map(({ name, rows: count, checksum }) => [
              { code: name },
              grouped(count),
              { code: checksum.slice(0, 16) },
            ]),
          ),
        ],
      },
    ],
  }
}

export function wayBackSection({ view, plan, timeZone }: ReportInput): Section {
  const ways = waysOf({ view, plan, timeZone })
  const notes = plan === null ? [] : (planView(plan).wayBack?.notes ?? [])
  const sql = plan?.rollback.sql
  // A command that would be refused is no way back.
  const open = asked(view)
  return {
    id: 'way-back',
    title: 'The way back',
    blocks: [
      ...(open ? [] : [text(whenOffered(view))]),
      {
        kind: 'table',
        head: ['Way', 'There', 'Price', ...(open ? ['Command'] : [])],
        rows: ways.map(({ title, available, price, command }) => [
          title,
          available ? 'yes' : 'no',
          phrases(price),
          ...(open ? [available ? [command] : '-'] : []),
        ]),
      },
      ...notes.map((note) => text(note)),
      ...(sql === undefined
        ? []
        : [
            {
              kind: 'fold' as const,
              summary: reverseHead(view, plan),
              blocks: [{ kind: 'code' as const, language: 'sql', text: sql }],
            },
          ]),
    ],
  }
}

/** The plan has the reverse of all its files: behind some of them it takes back what is not there. */
function reverseHead({ migrations }: RunView, plan: Plan | null): string {
  const rehearsed = plan?.rollback.rehearsed === true ? ', rehearsed' : ''
  const done = migrations.filter(({ state }) => state === 'applied' || state === 'taken-back')
  const all = plan?.migrations.every(({ name }) => done.some((one) => one.name === name)) === true
  if (all || touchedBy(migrations).length + done.length === 0) return `Reverse migration${rehearsed}`
  return `Reverse migration of the whole plan${rehearsed}: not of what was applied, of which any that was written lies beside this report`
}

/** Whether people are asked about the ways back now. */
export function asked({ outcome, gates }: RunView): boolean {
  return outcome === null && gates.some((one) => one.gate === 'rollback' && one.state === 'open')
}

/** Of ways that cannot be chosen now: how old what is said of them is. */
export function whenOffered({ outcome, rollbackOptions }: RunView): string {
  const shown = rollbackOptions !== undefined
  if (outcome !== null)
    return `${shown ? 'As they were shown last' : 'As they were planned, and as the backup allowed'}. The run is over: it takes nothing back any more.`
  return `${shown ? 'As they were shown last' : 'As planned, and as the backup allows'}. They are chosen at the gate rollback, which is not open.`
}

function signed(value: number): string {
  return value > 0 ? `+${grouped(value)}` : grouped(value)
}
