import { describe, expect, test } from 'vitest'
import { plain } from '../../src/contract/command-line.js'
import type { RunView } from '../../src/contract/run.js'
import { zonedDateTime } from '../../src/text/clock.js'
import { endMessage } from '../../src/runbook/end-message.js'
import { isoAfter, sampleRun } from './sample-run.js'

const ask = (changes: Partial<RunView>) => {
  const view = sampleRun(changes)
  const { environment, database } = view
  const contacts = [{ role: 'Team Lead', name: 'Bo', contact: '+45 1' }]
  const { kind, text } = endMessage({ environment, database, accountId: 'acc-1', view, contacts })
  return { kind, text: plain(text) }
}
const untried = sampleRun().migrations.map((one) => ({ ...one, state: 'not-executed' as const }))
const failure = (type: string) => ({ type, message: 'm', advice: 'read the plan' })

describe('each end has words of its own', () => {
  test.each<[string, Partial<RunView>, string, string]>([
    ['completed', {}, 'note', '✅ Monitoring ended: healthy'],
    ['nothing pending', { monitoring: null, migrations: [] }, 'note', '✅ Nothing to migrate: m'],
    ['unhealthy', { outcome: 'completed-unhealthy' }, 'emergency', '🚨 Applied, but not healthy'],
    ['rolled back', { outcome: 'rolled-back' }, 'note', '↩️ Migration taken back'],
    ['declined', { outcome: 'declined', migrations: untried }, 'note', '✋ Declined: m'],
    ['expired', { outcome: 'expired', migrations: untried }, 'note', '⌛ Expired: m'],
    ['aborted', { outcome: 'aborted' }, 'note', '🛑 Aborted: m'],
    [
      'a blocked plan',
      { outcome: 'failed', migrations: untried, failure: failure('PlanBlocked') },
      'note',
      '⛔ Not begun: m',
    ],
    [
      'a failure that nobody heard of',
      { outcome: 'failed', announcements: [], failure: failure('ChecksFailed') },
      'emergency',
      '🚨 Migration failed: m',
    ],
    [
      'drift',
      { outcome: 'drifted', migrations: untried, failure: failure('Drifted') },
      'emergency',
      '🚨 Stopped, the database had drifted: m',
    ],
  ])('%s', (_, changes, kind, title) => {
    const message = ask({ message: 'm', ...changes })
    expect(message.kind).toBe(kind)
    expect(message.text.split('\n')[0]).toBe(title)
    expect(message.text).not.toContain('ETA')
    expect(message.text.includes('+45 1')).toBe(kind === 'emergency')
  })

  test('where nothing was tried it says so, and only there', () => {
    const untouched = 'No file was tried: this run changed nothing in the database'
    for (const outcome of ['declined', 'expired', 'aborted'] as const) {
      expect(ask({ outcome, migrations: untried }).text).toContain(untouched)
      expect(ask({ outcome, migrations: [] }).text).toContain(untouched)
      for (const state of ['applied', 'partial', 'absent'] as const) {
        const [first, ...others] = untried
        if (first === undefined) throw new Error('the sample run has migrations')
        const { text } = ask({ outcome, migrations: [{ ...first, state }, ...others] })
        expect(text).not.toContain(untouched)
        expect(text).toContain(`- ${first.name}: ${state}`)
      }
    }
  })

  test('a failure that people were alerted to ends with what is true, without a second siren', () => {
    const alert = { kind: 'emergency' as const, text: '🚨', at: isoAfter(1), dedupeId: 'x', deliveries: [] }
    const message = ask({
      outcome: 'failed',
      message: 'm',
      announcements: [alert],
      failure: failure('SqlRefused'),
    })
    expect(message.kind).toBe('note')
    expect(message.text).toContain('0009_add_tags.sql: applied')
    expect(message.text).toContain('What to do: read the plan')
  })

  test('taken back: the issue, the way, what it lost, how to undo it, and what is there now', () => {
    const takenBackBy = { strategy: 'time-travel', bookmark: '0085' } as const
    const migrations = untried.map((one) => ({ ...one, state: 'taken-back' as const, takenBackBy }))
    const { text } = ask({
      outcome: 'rolled-back',
      migrations,
      rollback: { strategy: 'time-travel', issue: 'lists are empty', price: ['12 rows'], undo: '0099' },
      ledger: {
        readAt: isoAfter(90),
        applied: ['0001_init.sql'],
        pending: migrations.map(({ name }) => name),
        schemaFingerprint: 'c',
        schema: 'as-before',
      },
    })
    for (const line of [
      '- Issue: lists are empty',
      '- Way: Time Travel to the bookmark 0085',
      `- Lost: all rows written since ${zonedDateTime(Date.parse(isoAfter(8)), 'UTC')} are lost`,
      '- Undo: Time Travel to the bookmark 0099',
      '- Database now: the ledger ends with 0001_init.sql; 2 files pending',
      '- 0009_add_tags.sql: taken back by Time Travel to the bookmark 0085',
    ])
      expect(text).toContain(line)
    // What the way cost to take is no loss of anybody.
    expect(text).not.toContain('12 rows')
    const reversed = ask({
      outcome: 'rolled-back',
      rollback: {
        strategy: 'reverse-migration',
        issue: 'lists are empty',
        price: ['12 rows of tags stay lost.'],
      },
    })
    expect(reversed.text).toContain('- Lost: 12 rows of tags stay lost')
    const blind = ask({ outcome: 'rolled-back', migrations })
    expect(blind.text).toContain('Database now: its ledger could not be read again')
  })
})
