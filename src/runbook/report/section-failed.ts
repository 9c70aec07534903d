import type { RunView } from '../../contract/run.js'
import { stepTitle } from '../steps.js'
import { checkpointTable } from './checkpoint-rows.js'
import { heading, tableOr, text, type Block, type Section } from './document.js'
import { shownTime, type ReportInput } from './input.js'

/** What failed, before everything else. None where nothing did. */
export function failedSection({ view, timeZone }: ReportInput): Section[] {
  const blocks = [
    ...theFailure(view),
    ...refusedFiles(view),
    ...failedTries(view, timeZone),
    ...failedChecks(view),
    ...failedSteps(view, timeZone),
    ...breaches(view, timeZone),
    ...graveIssues(view, timeZone),
  ]
  return blocks.length === 0 ? [] : [{ id: 'failed', title: 'What failed', blocks }]
}

function theFailure({ failure }: RunView): Block[] {
  if (failure === null) return []
  const advice = failure.advice === '' ? [] : [text(['What to do: ', ...pieces(failure.advice)])]
  return [text([{ code: failure.type }, `: ${failure.message}`]), ...advice]
}

function pieces(
  advice: NonNullable<RunView['failure']>['advice'],
): Exclude<NonNullable<RunView['failure']>['advice'], string> {
  return typeof advice === 'string' ? [advice] : advice
}

function refusedFiles({ migrations }: RunView): Block[] {
  return migrations.flatMap(({ name, error }): Block[] =>
    error === undefined
      ? []
      : [text([{ code: name }, ' failed with']), { kind: 'code', language: '', text: error }],
  )
}

function failedTries({ rollbackTries = [] }: RunView, timeZone: string | undefined): Block[] {
  if (rollbackTries.length === 0) return []
  return [
    heading('Tries to take it back that failed'),
    tableOr(
      '',
      ['Way', { number: 'Try' }, { whole: 'When' }, 'Why', 'What it did'],
      rollbackTries.map(({ strategy, number, at, error, effect }) => [
        strategy,
        String(number),
        shownTime(at, timeZone),
        error,
        effect === 'none' ? 'nothing had taken effect' : 'not known',
      ]),
    ),
  ]
}

function failedChecks({ checks }: RunView): Block[] {
  const failed = checks.filter(({ state }) => state === 'failed')
  if (failed.length === 0) return []
  return [
    heading('Checks'),
    {
      kind: 'list',
      items: failed.map(({ title, message, advice }) => [
        { strong: title },
        `: ${message} `,
        ...pieces(advice ?? []),
      ]),
    },
  ]
}

function failedSteps({ steps }: RunView, timeZone: string | undefined): Block[] {
  const failed = steps.filter(({ state }) => state === 'failed')
  if (failed.length === 0) return []
  return [
    heading('Steps'),
    {
      kind: 'list',
      items: failed.map(({ step, endedAt, detail }) => [
        { strong: stepTitle(step) },
        ` failed ${shownTime(endedAt, timeZone)}${detail === undefined ? '' : `: ${detail}`}`,
      ]),
    },
  ]
}

function breaches({ monitoring }: RunView, timeZone: string | undefined): Block[] {
  const breached = (monitoring?.checkpoints ?? []).filter(({ verdict }) => verdict === 'breached')
  return breached.length === 0 ? [] : [heading('Breached checkpoints'), checkpointTable(breached, timeZone)]
}

function graveIssues({ issues }: RunView, timeZone: string | undefined): Block[] {
  const grave = issues.filter(({ severity }) => severity !== 'minor')
  if (grave.length === 0) return []
  return [
    heading('Issues that people reported'),
    {
      kind: 'list',
      items: grave.map(({ severity, description, actor, at }) => [
        { strong: severity },
        `: ${description} (${actor}, ${shownTime(at, timeZone)})`,
      ]),
    },
  ]
}
