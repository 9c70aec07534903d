import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { logRecord, writeLog } from '../../src/process/log.js'

afterEach(() => void vi.restoreAllMocks())

test.each<[string, string, string]>([
  ['the title of the terminal', 'no charter for \u{1b}]0;pwn\u{7}', 'no charter for \\x1b]0;pwn\\x07'],
  ['colours', '\u{1b}[31mred', '\\x1b[31mred'],
  ['a C1 control', 'a\u{9b}2Jb', 'a\\x9b2Jb'],
  ['writing turned around', 'a\u{202e}b', 'a\\u202eb'],
  ['a carriage return', 'Activity failed\rAll is well', 'Activity failed\\x0dAll is well'],
  ['a line of its own', 'failed\n! All is well', 'failed\n    ! All is well'],
  ['what is a letter somewhere', 'Zürich 東京 👩‍🚒 می‌خواهم', 'Zürich 東京 👩‍🚒 می‌خواهم'],
])('a record of the log shows %s, and does not do it', (_what, said, record) => {
  expect(logRecord(said)).toBe(record)
})

test('an error comes whole, with its cause, and holds none either', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  writeLog(new Error('no \u{1b}[31m', { cause: new Error('\u{202e}\n! well') }))
  const said = String(write.mock.calls[0]?.[0])
  expect(said).toContain('Error: no \\x1b[31m')
  expect(said).toContain('\\u202e')
  expect(
    said
      .split('\n')
      .slice(1, -1)
      .every((row) => row.startsWith('    ')),
  ).toBe(true)
})

test('a secret that a text brought along is none of the log', () => {
  expect(logRecord('asked with Bearer abcdefghijklmnop')).toBe('asked with Bearer [secret]')
})

/** What these write to standard error is shown by `visibleLines`, or was by who gave it to them. */
const WRITERS = [
  'src/activities/worker-place.ts',
  'src/cli/main.ts',
  'src/cli/terminal/output.ts',
  'src/observe/runtime.ts',
  'src/process/log.ts',
]

test('nothing else of ours writes to a terminal past it', () => {
  const writes = /\bconsole\.(?:error|warn|log|info|debug)\(|\bstderr\.write\(|new DefaultLogger\([^,)]*\)/
  const found = globSync('src/**/*.ts').filter((file) => writes.test(readFileSync(file, 'utf8')))
  expect(found.map((file) => file.split(path.sep).join('/')).toSorted()).toEqual(WRITERS)
})
