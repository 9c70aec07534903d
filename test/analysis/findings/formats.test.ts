import { plain } from '../../../src/contract/command-line.js'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { formatMarkdown } from '../../../src/analysis/findings/markdown.js'
import { formatSarif } from '../../../src/analysis/findings/sarif.js'
import { atEndOf } from '../../../src/analysis/rules/rule.js'
import { findingLines } from '../../../src/cli/terminal/findings-text.js'
import { blockLines } from '../../../src/cli/terminal/block.js'
import type { Finding } from '../../../src/contract/finding.js'
import { fixPlace, withFix } from '../../../src/text/fix.js'

const FILE = 'CREATE TABLE a (x);\nDROP TABLE b;\nALTER TABLE a RENAME TO b;\n'
const colors = {
  dim: (text: string) => text,
  bold: (text: string) => text,
  red: String,
  yellow: String,
  cyan: String,
}

/** A screen of so many columns; none of them is a pipe. */
const screen = (columns: number): Parameters<typeof findingLines>[1] => ({
  colors: colors as never,
  live: columns !== Infinity,
  columns: () => columns,
  text: (text) => plain(text),
  block: (text, place) => blockLines(text, { columns, ...place }, { typed: {}, shell: 'posix' }),
})

const finding = (fix: Finding['fix']): Finding => ({
  code: 'DL101',
  severity: 'error',
  migration: '0002 b|c.sql',
  line: 2,
  message: 'DROP TABLE b deletes `rows` | of <c>\n## at once.',
  advice: 'Do it so.',
  ...(fix === undefined ? {} : { fix }),
})
const replaces = (fromLine: number, toLine: number): NonNullable<Finding['fix']> => ({
  sql: 'SELECT 1;\nSELECT 2;',
  replaces: { file: '0002 b|c.sql', fromLine, toLine },
})

interface Sarif {
  runs: { results: { message: { text: string }; fixes?: SarifFix[] }[] }[]
}
interface SarifFix {
  description: { text: string }
  artifactChanges: {
    artifactLocation: { uri: string }
    replacements: {
      deletedRegion: { startLine: number; startColumn: number; endLine: number; endColumn: number }
      insertedContent: { text: string }
    }[]
  }[]
}

/** What a code review tool makes of a SARIF fix. */
function applied(text: string, { artifactChanges }: SarifFix): string {
  const [replacement] = artifactChanges[0]?.replacements ?? []
  if (replacement === undefined) throw new Error('no replacement')
  const { deletedRegion: region, insertedContent } = replacement
  const offset = (line: number, column: number): number =>
    text
      .split('\n')
      .slice(0, line - 1)
      .reduce((sum, each) => sum + each.length + 1, column - 1)
  const start = offset(region.startLine, region.startColumn)
  const end = offset(region.endLine, region.endColumn)
  return text.slice(0, start) + insertedContent.text + text.slice(end)
}

describe('a fix is a value', () => {
  test.each([
    [1, 3],
    [2, 2],
    [2, 3],
    [4, 3],
  ])('that SARIF pastes as the plan does: lines %i to %i', (fromLine, toLine) => {
    const fix = replaces(fromLine, toLine)
    const sarif = JSON.parse(formatSarif([finding(fix)], { migrationsDir: 'db/migrations' })) as Sarif
    const [result] = sarif.runs[0]?.results ?? []
    const [change] = result?.fixes ?? []
    if (change === undefined) throw new Error('no fix')
    expect(applied(FILE, change)).toBe(withFix(FILE, fix))
    expect(change.artifactChanges[0]?.artifactLocation.uri).toBe('db/migrations/0002%20b%7Cc.sql')
    expect(result?.message.text).not.toContain('SELECT')
  })

  test('that stands behind the last line, whatever the file ends with', () => {
    for (const sql of ['SELECT 0;', 'SELECT 0;\n', 'SELECT 0;\nSELECT 0;']) {
      const { fix } = atEndOf({ files: [{ name: 'f', sql }] }, { file: 'f' }, ['CREATE INDEX i ON t (x)'])
      if (fix === undefined) throw new Error('no fix')
      expect(withFix(sql, fix).trimEnd()).toBe(`${sql.trimEnd()}\nCREATE INDEX i ON t (x);`)
      expect(fixPlace(fix)).toBe(`Add to f, behind line ${sql.trimEnd().split('\n').length}:`)
    }
    expect(atEndOf({ files: [] }, undefined, ['SELECT 1'])).toEqual({})
  })

  test('that terminal and pull request show with the lines that it replaces', () => {
    const place = 'Put in place of lines 1 to 3 of 0002 b|c.sql:'
    const lines = findingLines([finding(replaces(1, 3))], screen(Infinity)).map((line) => plain(line).trim())
    expect(lines.slice(-3)).toEqual([place, 'SELECT 1;', 'SELECT 2;'])
    const markdown = formatMarkdown([finding(replaces(1, 3))])
    expect(markdown).toContain(
      'Put in place of lines 1 to 3 of 0002 b\\|c.sql:\n\n```sql\nSELECT 1;\nSELECT 2;\n```',
    )
  })

  test('without one, nothing is said of one', () => {
    expect(
      findingLines([finding(undefined)], screen(Infinity))
        .map((line) => plain(line))
        .join('\n'),
    ).not.toContain('place of')
    expect(formatMarkdown([finding(undefined)])).not.toContain('```')
    expect(formatSarif([finding(undefined)], { migrationsDir: 'm' })).not.toContain('fixes')
  })
})

test('a comment of a pull request keeps its table, whatever a message holds', () => {
  const markdown = formatMarkdown([finding(undefined)])
  const row = markdown.split('\n').find((line) => line.includes('DL101')) ?? ''
  expect(row.match(/(?<!\\)\|/g)).toHaveLength(4)
  expect(row).toContain('&lt;c&gt;')
  expect(markdown).not.toMatch(/^## at/m)
})

describe('what a file or a row holds stays text', () => {
  const hostile: Finding = {
    ...finding(replaces(1, 1)),
    migration: '0002\u202Ecod.sql',
    table: 'a\nb',
    message: "error: 'x\u001b[2J\u001b]0;t\u0007' of a\nb is \u2066gone\u2069\r\u2028.",
    accepted: 'line\none \u001b[31m',
    advice: 'Name \u200Fit\u009b1m.',
    query: "SELECT '\u001b[2J'",
  }
  const raw = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/u

  test('on a terminal', () => {
    for (const columns of [40, 80, Infinity])
      for (const line of findingLines([hostile], screen(columns))) expect(plain(line)).not.toMatch(raw)
  })

  test('in a pull request', () => {
    expect(formatMarkdown([hostile]).replaceAll('\n', '')).not.toMatch(raw)
  })
})

describe('on a screen a finding goes on under its own text', () => {
  const sql = `INSERT INTO a SELECT ${'x, '.repeat(40)}x FROM b;`
  const long: Finding = {
    ...finding({ ...replaces(1, 1), sql }),
    migration: '0002_change.sql',
    message: `${'表の行 は失われる '.repeat(6)}and ${'words '.repeat(30)}end.`,
    advice: `${'Copy them first. '.repeat(8)}`,
  }

  test.each([40, 80])('of %d columns, with the letters that take two counted', (columns) => {
    const lines = findingLines([long], screen(columns), '  ').map((line) => plain(line))
    const told = lines.filter((line) => !line.includes(sql))
    for (const line of told.filter((line) => !line.includes('Put in place')))
      expect(stringWidth(line)).toBeLessThan(columns)
    for (const line of told.slice(1)) expect(line).toMatch(/^ {11}/)
    expect(lines.filter((line) => line.includes(sql))).toHaveLength(1)
    expect(told.join(' ').replaceAll(/ +/g, ' ')).toContain('words words end.')
  })

  test('and in a pipe stays one line', () => {
    expect(plain(findingLines([long], screen(Infinity))[0] ?? '')).toContain('words words end.')
  })
})
