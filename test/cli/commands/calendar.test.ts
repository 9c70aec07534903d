import ICAL from 'ical.js'
import { describe, expect, it, test } from 'vitest'
import { icsOf } from '../../../src/cli/commands/calendar.js'
import type { MigrationRequest } from '../../../src/contract/run.js'
import { environmentEvents, runEvents } from '../../../src/runbook/calendar.js'
import { sampleRun } from '../../runbook/sample-run.js'
import { requestFor } from '../../workflows/request.js'

const NOW = new Date('2026-03-01T10:00:00Z')
const window = { opensAt: '2026-03-08T03:00:00.000Z', closesAt: '2026-03-08T05:00:00.000Z' }
const freeze = {
  from: '2026-12-19T23:00:00.000Z',
  until: '2027-01-04T23:00:00.000Z',
  reason: 'year end; books, taxes \\ all',
}
const about = { environment: 'production', database: 'archive' }
const configured = environmentEvents({ ...about, window, freezes: [freeze] })

/** As somebody else's parser reads them. */
function eventsIn(ics: string) {
  const calendar = new ICAL.Component(ICAL.parse(ics) as unknown[])
  return calendar.getAllSubcomponents('vevent').map((one) => {
    const event = new ICAL.Event(one)
    return {
      uid: event.uid,
      summary: event.summary,
      start: event.startDate.toJSDate().toISOString(),
      end: event.endDate.toJSDate().toISOString(),
      zone: event.startDate.zone.tzid,
      stamp: String(one.getFirstPropertyValue('dtstamp')),
    }
  })
}

describe('a calendar file', () => {
  it('says windows and freezes to another parser, in UTC, with texts as they are', () => {
    expect(eventsIn(icsOf(configured, NOW))).toMatchObject([
      {
        summary: 'Maintenance window: archive (production)',
        ...{ start: window.opensAt, end: window.closesAt, zone: 'UTC', stamp: '2026-03-01T10:00:00Z' },
      },
      {
        summary: 'Freeze: year end; books, taxes \\ all (production)',
        ...{ start: freeze.from, end: freeze.until, zone: 'UTC' },
      },
    ])
  })

  it('has lines of 75 bytes at most that end as they should, whatever a name holds', () => {
    const reason = `Größe ${'ß'.repeat(90)}\nEND:VCALENDAR\r\nBEGIN:VEVENT`
    const ics = icsOf(
      environmentEvents({ ...about, window: undefined, freezes: [{ ...freeze, reason }] }),
      NOW,
    )
    expect(ics.endsWith('END:VCALENDAR\r\n')).toBe(true)
    expect(ics.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    for (const line of ics.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    const [event, ...more] = eventsIn(ics)
    expect(more).toEqual([])
    expect(event?.summary).toContain('ß'.repeat(90))
  })

  it('calls a thing the same each time, and two things differently', () => {
    const uids = eventsIn(icsOf(configured, NOW)).map(({ uid }) => uid)
    const later = eventsIn(icsOf(configured, new Date())).map(({ uid }) => uid)
    expect(later).toEqual(uids)
    const moved = { ...window, closesAt: '2026-03-08T06:00:00.000Z' }
    const [one] = eventsIn(icsOf(environmentEvents({ ...about, window: moved, freezes: [] }), NOW))
    expect(one?.uid).toBe(uids[0])
    expect(new Set(uids).size).toBe(2)
    expect(uids.every((uid) => /^[\da-f]{32}@d1-runbook$/.test(uid))).toBe(true)
  })

  test('nothing ahead is an empty calendar', () => {
    expect(eventsIn(icsOf([], NOW))).toEqual([])
  })
})

describe('what a run has ahead', () => {
  const finished = sampleRun()
  const monitoring = finished.monitoring
  if (monitoring === null) throw new Error('the sample run has no monitoring')
  const nextAt = '2026-03-08T10:00:00.000Z'
  const open = finished.gates.map((gate) =>
    gate.gate === 'team-confirmation'
      ? { ...gate, state: 'open' as const, expiresAt: '2026-03-08T12:00:00.000Z' }
      : gate,
  )
  const run = {
    ...finished,
    outcome: null,
    gates: open,
    monitoring: { ...monitoring, checkpoints: monitoring.checkpoints.slice(0, 11), nextAt },
  }
  const base: MigrationRequest = requestFor('00000000-0000-4000-8000-000000000001')
  const request = { ...base, monitoring: { ...base.monitoring, offsetsMs: hours(34), timeScale: 1 } }

  it('are deadlines of its gates, its window, and every checkpoint from the next one on', () => {
    const events = runEvents(run, { ...request, window })
    expect(events.filter(({ kind }) => kind === 'window')).toMatchObject([{ start: window.opensAt }])
    expect(events.filter(({ kind }) => kind === 'gate')).toMatchObject([
      { start: '2026-03-08T12:00:00.000Z' },
    ])
    const checkpoints = events.filter(({ kind }) => kind === 'checkpoint')
    expect(checkpoints.map(({ start }) => start).slice(0, 2)).toEqual([nextAt, '2026-03-08T11:00:00.000Z'])
    expect(checkpoints).toHaveLength(34 - 11)
    expect(checkpoints[0]?.title).toContain('Checkpoint 12 of 34')
  })

  it('counts no look on demand as a checkpoint of the schedule', () => {
    const [first] = monitoring.checkpoints
    if (first === undefined) throw new Error('the sample run has no checkpoint')
    const looked = { ...run, monitoring: { ...run.monitoring, checkpoints: [{ ...first, extra: true }] } }
    const [next] = runEvents(looked, request).filter(({ kind }) => kind === 'checkpoint')
    expect(next).toMatchObject({
      start: nextAt,
      title: expect.stringContaining('Checkpoint 1 of 34') as string,
    })
  })

  it('is the next checkpoint alone where what the run was started with is not known', () => {
    const events = runEvents(run, null).filter(({ kind }) => kind === 'checkpoint')
    expect(events.map(({ start }) => start)).toEqual([nextAt])
  })

  it('is nothing once it is over', () => {
    expect(runEvents(finished, request)).toEqual([])
  })
})

function hours(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index + 1) * 3_600_000)
}
