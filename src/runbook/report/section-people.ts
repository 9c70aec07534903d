import type { RunView } from '../../contract/run.js'
import { OWN_NAME } from '../../contract/names.js'
import { saidIn } from '../../contract/own-name.js'
import { formatDuration } from '../../text/duration.js'
import { plain } from '../../contract/command-line.js'
import { gapLine, gapsOf } from '../gaps.js'
import { beyondLines } from '../beyond.js'
import { refusedActor, refusedAlike, refusedWhen } from '../refused.js'
import { gateWord } from '../standing.js'
import { proofText, startText } from '../people/provenance.js'
import { gateTitle } from '../steps.js'
import { heading, text, tableOr, type Section } from './document.js'
import { shownTime, type ReportInput } from './input.js'
import { at, command, placeOf, words } from '../../contract/next-command.js'

/** Who decided, who was told, what was checked and what was learnt. */
export function approvalsSection({ view, timeZone }: ReportInput): Section {
  const rows = view.gates.flatMap((gate) => {
    const { state, earlier = [] } = gate
    const decisions = [...earlier, ...gate.decisions]
    const title = gateTitle(gate.gate, view.environment)
    if (decisions.length === 0)
      return state === 'waiting' ? [] : [[title, gateWord(gate, view), '-', '-', '-', '', '-']]
    return decisions.map(({ actor, decision, at, comment, planHash, strategy, ...proof }) => [
      title,
      decision === 'approve' ? 'approved' : 'declined',
      { strong: actor },
      shownTime(at, timeZone),
      planHash === undefined ? '-' : { code: planHash.slice(0, 12) },
      [strategy, comment].filter((said) => said !== undefined).join(': '),
      proofText(proof),
    ])
  })
  const reachedRows = view.gates.flatMap(({ gate, escalated = [] }) =>
    escalated.map(({ at, to, channels }) => [
      gateTitle(gate, view.environment),
      shownTime(at, timeZone),
      to.join(', '),
      channels.length === 0 ? 'the message of the gate' : channels.join(', '),
    ]),
  )
  const refused = refusedAlike(view.refused).map((one) => [
    { code: one.gate },
    one.decision,
    refusedActor(one),
    refusedWhen(one, (at) => shownTime(at, timeZone)),
    one.reason,
  ])
  const steered = (view.interventions ?? []).map(({ command, actor, at, reason, unsigned }) => [
    command,
    { strong: saidIn({ actor, unsigned }) },
    shownTime(at, timeZone),
    reason ?? '',
  ])
  return {
    id: 'approvals',
    title: 'Approvals',
    blocks: [
      text(startText(view)),
      tableOr(
        view.outcome === null ? 'Nobody was asked yet.' : 'Nobody was asked.',
        ['Gate', 'Decision', 'Who', { whole: 'When' }, 'Plan', 'Comment', 'Proof'],
        rows,
      ),
      ...(reachedRows.length === 0
        ? []
        : [
            heading('Who was reached while a gate waited'),
            tableOr('', ['Gate', { whole: 'When' }, 'Whom', 'By'], reachedRows),
          ]),
      ...(steered.length === 0
        ? []
        : [
            heading('What else people did'),
            tableOr('', ['Command', 'Who', { whole: 'When' }, 'Why'], steered),
          ]),
      ...(refused.length === 0
        ? []
        : [
            heading('Decisions that did not count'),
            tableOr('', ['Gate', 'Decision', 'Who', { whole: 'When' }, 'Why not'], refused),
            ...beyondLines(view.refusedBeyond).map((line) => text(line)),
          ]),
    ],
  }
}

export function checksSection({ view }: ReportInput): Section {
  return {
    id: 'checks',
    title: 'Checks',
    blocks: [
      ...gapsOf(view).map((gap) => text([{ strong: gapLine(gap) }])),
      tableOr(
        view.outcome === null ? 'No check was made yet.' : 'No check was made.',
        ['Check', 'State', 'What it saw', 'By'],
        view.checks.map((check) => [check.title, check.state, check.message, saidBy(check)]),
      ),
    ],
  }
}

export function commandsSection({ view, timeZone }: ReportInput): Section {
  const commands = view.commands ?? []
  return {
    id: 'commands',
    title: 'Commands',
    blocks: [
      tableOr(
        'The run kept no list of commands; the history in Temporal has every activity with its input and result.',
        ['Command', { whole: 'When' }, { number: 'Took' }, 'Result'],
        commands.map(({ command, at, durationMs, result }) => [
          { code: command },
          shownTime(at, timeZone),
          formatDuration(durationMs),
          result,
        ]),
      ),
    ],
  }
}

export function announcementsSection({ view, timeZone }: ReportInput): Section {
  return {
    id: 'announcements',
    title: 'Announcements',
    blocks: [
      tableOr(
        'Nothing was announced.',
        [{ whole: 'When' }, 'Kind', 'First line', 'Delivered'],
        view.announcements.map(({ at, kind, text: said, deliveries }) => [
          shownTime(at, timeZone),
          kind,
          plain(said).split('\n')[0] ?? '',
          deliveries
            .map(({ channel, delivered, error }) =>
              delivered ? channel : `${channel} FAILED: ${error ?? 'unknown'}`,
            )
            .join('; ') || 'no answer yet as this was written',
        ]),
      ),
      ...(view.announcements.length === 0
        ? []
        : [
            {
              kind: 'fold' as const,
              summary: 'The messages, word for word',
              blocks: view.announcements.map((one) => ({
                kind: 'code' as const,
                language: '',
                text: plain(one.text),
              })),
            },
          ]),
    ],
  }
}

export function lessonsSection({ view, timeZone }: ReportInput): Section {
  const issues = view.issues.map(({ at, severity, description, ...who }) => [
    severity,
    description,
    saidIn(who),
    shownTime(at, timeZone),
  ])
  const notes = view.observations.map(({ note, at, ...who }) => [note, saidIn(who), shownTime(at, timeZone)])
  return {
    id: 'lessons',
    title: 'Issues, observations, lessons',
    blocks: [
      tableOr('No issue was reported.', ['Severity', 'Issue', 'Who', { whole: 'When' }], issues),
      ...beyondLines(view.issuesBeyond).map((line) => text(line)),
      tableOr(
        words`Nobody wrote an observation down. During a run: ${at(placeOf(view), command('observe', 'what you saw'))}`,
        ['Observation', 'Who', { whole: 'When' }],
        notes,
      ),
      ...beyondLines(view.observationsBeyond).map((line) => text(line)),
      ...(view.artifacts.length === 0
        ? []
        : [
            heading('Files of this run'),
            { kind: 'list' as const, items: view.artifacts.map((file) => ({ code: file })) },
          ]),
    ],
  }
}

/** What came with the request is the word of who started the run, also where it names somebody. */
function saidBy({ actor, source }: RunView['checks'][number]): string {
  if (source !== 'client') return actor ?? OWN_NAME
  return actor === undefined ? 'who started the run' : `${actor}, told at the start`
}
