import { expect, test } from 'vitest'
import { wrapText } from '../../src/cli/terminal/block.js'
import { code, prose } from '../../src/text/markdown.js'
import { oneLine } from '../../src/text/one-line.js'

test.each([
  ['a\nb', 'a b'],
  ['a  \r\n   b', 'a b'],
  ['a\tb', 'a b'],
  ['a\u2028b', 'a b'],
  [' a ', 'a'],
  [`'two  blanks' -> 'two blanks'`, `'two  blanks' -> 'two blanks'`],
])('%j becomes %j on one line', (text, line) => {
  expect(oneLine(text)).toBe(line)
})

test('a sample that differs by its blanks differs wherever it is shown', () => {
  const sample = `'Van  Gogh' -> 'Van Gogh'`
  expect(prose(sample)).toBe(`'Van &nbsp;Gogh' -&gt; 'Van Gogh'`)
  expect(code(sample)).toBe(`\`${sample}\``)
  expect(wrapText(sample, { columns: 80 })).toEqual([sample])
  expect(wrapText(`The value ${sample}`, { columns: 24 })).toEqual([
    "The value 'Van  Gogh'",
    "  -> 'Van Gogh'",
  ])
})
