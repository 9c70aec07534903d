import { expect, test } from 'vitest'
import { appendToMigrationLog, migrationLogLine } from '../../src/runbook/migration-log.js'
import { sampleRun } from './sample-run.js'

test('one run is one line, whatever its texts hold', () => {
  const line = migrationLogLine({ view: sampleRun({ requester: 'An|n\n<b>' }), timeZone: 'America/New_York' })
  expect(line).toBe(
    '| 2026-03-08 23:41 EDT | production | art-archive `7d9b6a52-0f6e-4a3c-9d58-1f2f3a4b5c6d` | completed | `0009_add_tags.sql`, `0010_fill_tags.sql` | 24 h 41 min | An\\|n &lt;b&gt; | `0190f5a2-7a7e-7c3e-8a55-1c2d3e4f5a6b` |\n',
  )
})

test('closing twice leaves one line; what people wrote stays', () => {
  const first = appendToMigrationLog({ existing: '# Ours', view: sampleRun() })
  expect(appendToMigrationLog({ existing: first, view: sampleRun() })).toBe(first)
  const second = appendToMigrationLog({
    existing: first,
    view: sampleRun({ runId: 'other', outcome: 'failed' }),
  })
  expect(second.startsWith('# Ours\n| ')).toBe(true)
  expect(second.trimEnd().split('\n')).toHaveLength(3)
})

test('a new log begins with its table', () => {
  const [title, , , , head, rule, line] = appendToMigrationLog({
    existing: undefined,
    view: sampleRun(),
  }).split('\n')
  expect(title).toBe('# Migrations')
  expect([head, rule, line].map((cells) => (cells?.match(/(?<!\\)\|/g) ?? []).length)).toEqual([9, 9, 9])
})
