import { describe, expect, it } from 'vitest'
import { plain } from '../../../src/contract/command-line.js'
import { FAILURES } from '../../../src/contract/failures.js'
import { CUT_APART, FAILURE_TABLE, rowOf, type FailureRow } from '../../../src/d1/wrangler/failure-table.js'
import { classify } from '../../../src/d1/wrangler/failure-texts.js'

const TEXTS = FAILURE_TABLE.flatMap((row) => row.texts.map((text) => ({ row, text, place: row.place })))

describe('every text that Cloudflare documents or people reported', () => {
  it.each(TEXTS)('$row.type: $text', ({ row, text, place }) => {
    expect(rowOf(text, place)).toBe(row)
    const printed = `✘ [ERROR] A request to the Cloudflare API (/accounts/x/d1) failed.\n\n  ${text}\n\n`
    expect(rowOf(printed, place)).toBe(row)
    for (const end of [
      { stderr: printed, stdout: '' },
      { stderr: '', stdout: JSON.stringify({ error: { text } }) },
    ])
      expect(classify({ ...end, exitCode: 1, ...(place === undefined ? {} : { place }) })).toMatchObject({
        type: row.type,
        meaning: row.meaning,
      })
  })

  it('has a row with a text, a meaning, an advice and a source', () => {
    for (const { texts, meaning, advice, source } of FAILURE_TABLE) {
      expect(texts.length).toBeGreaterThan(0)
      expect(meaning).toMatch(/^[A-Z].*\.$/s)
      expect(plain(advice)).toMatch(/[.)`]$/)
      expect(source).not.toBe('')
    }
  })
})

describe("D1's limits are not this machine's", () => {
  it.each(['Exceeded maximum DB size', 'database or disk is full: SQLITE_FULL'])('%s', (text) => {
    const remote = rowOf(text, 'remote')
    expect(remote.type).toBe('LimitReached')
    expect(plain(remote.advice)).toContain('Disk space of this machine has nothing to do with it')
  })

  it('a full disk under the local database is', () => {
    expect(rowOf('database or disk is full: SQLITE_FULL', 'local').type).toBe('DiskFull')
    expect(rowOf('ENOSPC: no space left on device', 'remote').type).toBe('DiskFull')
  })

  it.each([
    'no such column: daily limit: SQLITE_ERROR',
    'near "Exceeded maximum DB size": syntax error: SQLITE_ERROR',
    'UNIQUE constraint failed: quota.free plan limit: SQLITE_CONSTRAINT',
    'no such table: processing a long-running export: SQLITE_ERROR',
    'near "429": syntax error: SQLITE_ERROR',
    'UNIQUE constraint failed: free plan limits.daily limit: SQLITE_CONSTRAINT_UNIQUE [code: 7500]',
  ])('SQL that quotes such words is refused SQL: %s', (text) => {
    expect(rowOf(text, 'remote').type).toBe('SqlRefused')
  })
})

it('incomplete input is a cut statement only where D1 splits', () => {
  expect(rowOf('incomplete input: SQLITE_ERROR', 'remote')).toBe(CUT_APART)
  expect(rowOf('incomplete input: SQLITE_ERROR', 'local')).not.toBe(CUT_APART)
  expect(rowOf('incomplete input: SQLITE_ERROR', undefined)).not.toBe(CUT_APART)
})

it('docs/failures.md is this table (`npx vitest run -u` writes it)', async () => {
  await expect(documentOf(FAILURE_TABLE)).toMatchFileSnapshot('../../../docs/failures.md')
})

function documentOf(rows: readonly FailureRow[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const quoted = (text: string): string => `\`${cell(text).replaceAll('`', "'")}\``
  const again = ({ type }: FailureRow): string => {
    if (!FAILURES[type].retryable) return 'no'
    return type === 'OutcomeUnknown' ? 'once the database was read back' : 'yes'
  }
  const lines = rows.map((row) =>
    [
      row.texts.map(quoted).join('<br>') + (row.place === undefined ? '' : ` (${row.place})`),
      `\`${row.type}\``,
      again(row),
      cell(row.meaning),
      cell(plain(row.advice)),
      cell(row.source),
    ].join(' | '),
  )
  return `# What Cloudflare says, and what it means

Written from \`src/d1/wrangler/failure-table.ts\`, which decides; the first row that matches is taken. Types and exit codes: \`src/contract/failures.ts\`.

<!-- prettier-ignore -->
| text | type | tried again | meaning | what to do | source |
| --- | --- | --- | --- | --- | --- |
${lines.map((line) => `| ${line} |`).join('\n')}
`
}
