import { execFileSync } from 'node:child_process'
import { fc } from '../fast-check.js'
import { describe, expect, test } from 'vitest'
import { shellWord } from '../../src/contract/shell.js'

/** What a real shell hands over of a line. */
function readBack(shell: string, words: string[]): string[] {
  const line = words.map((word) => shellWord(word)).join(' ')
  const out = execFileSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
  return out.split('\0').slice(0, -1)
}

const WORDS = [
  'production',
  '../my app',
  `it's "quoted"`,
  '$HOME/`id`',
  '$(touch owned)',
  'a "$(touch owned)" b',
  'a\\b',
  'C:\\My Files\\',
  '~/x',
  '!!',
  '%PATH%',
  'a,b;c&d|e>f<g',
  '*?[a]{b,c}',
  '',
  '-n',
  'ünï "日本"',
  'migration/a/b',
  '#1',
  '“smart” ‘quotes’',
]

test.each(WORDS)('bash hands over exactly %j', (word) => {
  expect(readBack('bash', [word, 'next'])).toEqual([word, 'next'])
})

test('whatever the words are, bash reads them back', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 120 }), (words) => {
      expect(readBack('bash', words)).toEqual(words)
    }),
    // A shell is started for each: few of many words cost less than many of few.
    { numRuns: 12 },
  )
})

test.each(['\u001B[31mred', 'line\nbreak', 'bell\u0007', '\u202Eevil', "it's\ttabbed\\"])(
  '%j is read back, and no control character of it is printed',
  (word) => {
    expect(readBack('bash', [word])).toEqual([word])
    expect(shellWord(word)).not.toMatch(/\p{C}/u)
  },
)

describe('on Windows', () => {
  test.each([
    ['production', 'production'],
    ['C:\\work\\app', 'C:\\work\\app'],
    ['C:\\My Files', '"C:\\My Files"'],
    ['C:\\My Files\\', '"C:\\My Files\\\\"'],
    ["it's", `"it's"`],
    ['a,b', '"a,b"'],
    ['@args', '"@args"'],
    ['$env:PATH', "'$env:PATH'"],
    ['$(calc)', "'$(calc)'"],
    ['a "$(calc)" b', `'a "$(calc)" b'`],
    ['`it’s`', "'`it’’s`'"],
  ])('%j is written %s', (word, written) => {
    expect(shellWord(word, 'windows')).toBe(written)
  })
})
