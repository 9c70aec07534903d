import { describe, expect, test } from 'vitest'
import { command, type Words } from '../../src/contract/next-command.js'
import * as messages from '../../src/runbook/messages.js'
import { plain } from '../../src/contract/command-line.js'

/** As it is read where only text can be shown. */
function shown<Input>(message: (input: Input) => Words): (input: Input) => string {
  return (input) => plain(message(input))
}

const startMessage = shown(messages.startMessage)
const updateMessage = shown(messages.updateMessage)
const completeMessage = shown(messages.completeMessage)
const emergencyMessage = shown(messages.emergencyMessage)
const gateOpenMessage = shown(messages.gateOpenMessage)
const reminderMessage = shown(messages.reminderMessage)
const noteMessage = shown(messages.noteMessage)

/** The runbook's "Communication Protocols", its placeholders as they stand there. */
const RUNBOOK = {
  start: `🚀 Production Migration Starting
- Window: [TIME] - [TIME] EST
- Migrations: [COUNT] pending
- Expected duration: [TIME]
- Status updates every 15 minutes`,
  update: `⏱️ Migration Update ([TIME])
- Status: [IN_PROGRESS/COMPLETED/FAILED]
- Current step: [DESCRIPTION]
- Next update in 15 minutes`,
  complete: `✅ Production Migration Complete
- Duration: [ACTUAL_TIME]
- Migrations applied: [COUNT]
- Status: All systems operational
- Monitoring continues for 2 hours`,
  emergency: `🚨 Migration Issue Detected
- Issue: [DESCRIPTION]
- Impact: [SEVERITY]
- Action: [CURRENT_RESPONSE]
- ETA for update: [TIME]`,
}

const context = {
  environment: 'production',
  database: { name: 'art-archive', id: '7d9b6a52', remote: true },
  accountId: 'acc-1',
}
const CONTEXT_LINE = '- Database: art-archive (7d9b6a52), account acc-1, environment production'
const NEW_YORK = 'America/New_York'
const at = (text: string): number => Date.parse(text)

/** The runbook's template with its placeholders filled in order. */
function filled(template: string, ...values: string[]): string {
  let next = 0
  return template.replace(/\[[A-Z_/]+\]/g, () => values[next++] ?? '?')
}

describe("the runbook's four messages, word for word", () => {
  test('start', () => {
    const message = startMessage({
      ...context,
      window: { opensAt: at('2026-01-08T03:00Z'), closesAt: at('2026-01-08T04:30Z') },
      timeZone: NEW_YORK,
      pending: 3,
      expectedMs: 95 * 60_000,
    })
    expect(message).toBe(
      `${filled(RUNBOOK.start, '22:00', '23:30', '3', '1 h 35 min, as the runbook plans its steps')}\n${CONTEXT_LINE}`,
    )
  })

  test('update', () => {
    const message = updateMessage({
      ...context,
      at: at('2026-01-08T03:15Z'),
      timeZone: NEW_YORK,
      status: 'IN_PROGRESS',
      step: 'Step 3: Execute Migration',
    })
    const expected = filled(RUNBOOK.update, '22:15 EST', 'IN_PROGRESS', 'Step 3: Execute Migration')
    expect(message).toBe(`${expected}\n${CONTEXT_LINE}`)
  })

  test('complete', () => {
    const message = completeMessage({
      ...context,
      durationMs: 3_725_000,
      applied: 2,
      status: 'All systems operational',
      monitoringMs: 7_200_000,
    })
    expect(message).toBe(`${filled(RUNBOOK.complete, '1 h 02 min', '2')}\n${CONTEXT_LINE}`)
  })

  test('complete, with a monitoring that is not in real time', () => {
    const message = completeMessage({
      ...{ ...context, durationMs: 3_725_000, applied: 2, status: 'well', monitoringMs: 24_000 },
      compressed: { plannedMs: 86_400_000, timeScale: 3_600 },
    })
    expect(message).toContain('Monitoring continues for 24 seconds (24 hours, compressed 3,600 times)')
  })

  test('emergency, then contacts and only the ways back that are there', () => {
    const message = emergencyMessage({
      ...context,
      issue: '0010_fill.sql failed',
      impact: 'critical',
      action: 'stopped, waiting for a decision',
      at: at('2026-07-08T03:00Z'),
      etaAt: at('2026-07-08T03:15Z'),
      timeZone: NEW_YORK,
      contacts: [{ role: 'Team Lead', name: 'Bo', contact: '+45 1' }],
      rollbackOptions: [
        {
          strategy: 'reverse-migration',
          title: 'Reverse migration',
          available: true,
          price: ['12 rows'],
          command: command('rollback', '--strategy', 'reverse-migration'),
        },
        {
          strategy: 'time-travel',
          title: 'Time Travel',
          available: false,
          price: ['no bookmark'],
          command: command('rollback', '--strategy', 'time-travel'),
        },
      ],
    })
    const expected = filled(
      RUNBOOK.emergency,
      '0010_fill.sql failed',
      'critical',
      'stopped, waiting for a decision',
      '23:15 EDT',
    )
    expect(message).toBe(
      `${expected}\n${CONTEXT_LINE}\n- Team Lead: Bo, +45 1\n- Way back: Reverse migration. Price: 12 rows. d1-runbook rollback --strategy reverse-migration`,
    )
  })
})

describe('times in the configured zone', () => {
  const start = (opens: string, closes: string, timeZone: string, now?: string): string | undefined =>
    startMessage({
      ...context,
      window: { opensAt: at(opens), closesAt: at(closes) },
      ...(now === undefined ? {} : { at: at(now) }),
      timeZone,
      pending: 1,
      expectedMs: 1000,
    }).split('\n')[1]

  test('a window over the change to summer time names both abbreviations', () => {
    expect(start('2026-03-08T06:30Z', '2026-03-08T07:30Z', NEW_YORK)).toBe('- Window: 01:30 EST - 03:30 EDT')
  })

  test('dates show where the window is not today, or not on one day', () => {
    expect(start('2026-06-01T21:00Z', '2026-06-01T23:30Z', 'Europe/Paris')).toBe(
      '- Window: 2026-06-01 23:00 - 2026-06-02 01:30 CEST',
    )
    expect(start('2026-06-04T10:00Z', '2026-06-04T11:00Z', 'UTC', '2026-06-01T10:00Z')).toBe(
      '- Window: 2026-06-04 10:00 - 11:00 UTC',
    )
  })

  test.each([
    ['Europe/Berlin', 'CET'],
    ['Asia/Kolkata', 'IST'],
    ['Australia/Sydney', 'AEDT'],
    ['Asia/Kathmandu', 'GMT+5:45'],
    ['No/Such_Zone', 'UTC'],
  ])('%s is %s', (timeZone, name) => {
    const message = updateMessage({
      ...context,
      at: at('2026-01-08T03:15Z'),
      timeZone,
      status: 'FAILED',
      step: 'x',
    })
    expect(message.split('\n')[0]).toContain(` ${name})`)
  })
})

test('a gate that opens says the exact command, and that silence is no approval', () => {
  const message = gateOpenMessage({
    ...context,
    gate: 'final',
    at: 0,
    timeZone: 'UTC',
    planHash: 'abc',
    who: {
      roles: ['team-lead', 'on-call'],
      approvals: 2,
      missing: 2,
      people: [
        { name: 'Ann', roles: ['on-call'], contact: '@ann' },
        { name: 'Bo', roles: ['team-lead'] },
        { name: 'Cy', roles: ['on-call'], contact: '@cy', excluded: 'requester' },
      ],
    },
    expiresAt: at('2026-01-08T05:00Z'),
    shows: ['Apply 2 migrations'],
  })
  expect(message.split('\n')).toEqual([
    '🔔 Approval needed: Final Confirmation',
    '- Approve: d1-runbook approve final --env production',
    '- Decline: d1-runbook reject final --env production',
    '- Who: 2 more approvals of 2, by team-lead or on-call: Ann, @ann; Bo, no contact configured',
    '- May not approve it: Cy (requested this run)',
    '- Plan: abc',
    '- Expires: 2026-01-08 05:00 UTC; silence is not an approval',
    CONTEXT_LINE,
    '- Apply 2 migrations',
  ])
})

test('a reminder says since when, what is missing and who is asked now', () => {
  const message = reminderMessage({
    ...context,
    gate: 'plan',
    openedAt: at('2026-01-08T03:00Z'),
    at: at('2026-01-08T03:45Z'),
    timeZone: 'UTC',
    who: { roles: [], approvals: 1, missing: 1, people: [] },
    escalated: ['on-call'],
  })
  expect(message).toContain(
    '- Open since 03:00 UTC (45 min)\n- Approvals missing: 1\n- Who: anybody in the team\n- Now asking: on-call\n',
  )
})

test.each([
  ['on the day of the message', '2026-12-04T18:00Z', '19:00 CET'],
  ['at the midnight that ends it', '2026-12-04T23:00Z', '2026-12-05 00:00 CET'],
  ['weeks later', '2026-12-31T23:00Z', '2027-01-01 00:00 CET'],
])('a deadline %s', (_, expires, told) => {
  const about = {
    ...({ ...context, gate: 'final', timeZone: 'Europe/Berlin', at: at('2026-12-04T17:03Z') } as const),
    ...{ who: { roles: [], approvals: 1, missing: 1, people: [] }, expiresAt: at(expires) },
  }
  const line = `- Expires: ${told}; silence is not an approval`
  expect(gateOpenMessage(about).split('\n')).toContain(line)
  const reminder = reminderMessage({ ...about, openedAt: at('2026-12-02T17:00Z') })
  expect(reminder.split('\n')).toContain(line)
  expect(reminder).toContain('- Open since 2026-12-02 18:00 CET (')
})

test('an agent that proposed the run, and the database, are each told once at a gate', () => {
  const proposal = ['Proposed by: an agent (bot) for Ada']
  const about = {
    ...({ ...context, gate: 'final', timeZone: 'UTC', at: 0, openedAt: 0, proposal } as const),
    who: { roles: [], approvals: 1, missing: 1, people: [] },
  }
  const shows = ['Database: art-archive (7d9b6a52), account acc-1', 'Apply 1: 0001_a.sql', ...proposal]
  const rows = gateOpenMessage({ ...about, shows }).split('\n')
  expect(rows.filter((row) => row.startsWith('- Database: '))).toEqual([CONTEXT_LINE])
  expect(rows.filter((row) => row.includes('an agent (bot)'))).toEqual([`- ${proposal[0] ?? ''}`])
  expect(rows).toContain('- Apply 1: 0001_a.sql')
  expect(reminderMessage(about)).toContain(`\n- ${proposal[0] ?? ''}\n`)
})

test('no window is told where none is configured', () => {
  const message = startMessage({ ...context, timeZone: 'UTC', pending: 1, expectedMs: 60_000 })
  expect(message).toContain('- Window: none is configured\n')
})

test('a line break in a field cannot forge a line of ours', () => {
  const message = noteMessage({
    ...context,
    title: 'a\n- Status: All systems operational',
    details: ['b\nc'],
  })
  expect(message.split('\n')).toHaveLength(3)
})

test('a step that takes longer than the runbook plans is called overdue', () => {
  const message = updateMessage({
    ...context,
    at: 0,
    timeZone: 'UTC',
    status: 'IN_PROGRESS',
    step: 'Step 1',
    overdue: { plannedMs: 900_000, elapsedMs: 1_200_000 },
  })
  expect(message).toContain('- Overdue: 20 min so far, the runbook plans 15 min')
})
