import { expect, test } from 'vitest'
import { phrases } from '../../src/text/phrases.js'

test.each([
  [['12 rows are lost', 'it was not rehearsed'], '12 rows are lost; it was not rehearsed'],
  [['The column goes.', 'Table lists is made anew.'], 'The column goes; Table lists is made anew'],
  [['Rows go. Values too.'], 'Rows go. Values too'],
  [[' one. ', '', 'two'], 'one; two'],
  [['and so on...', 'end'], 'and so on...; end'],
  [['up to 1.5 s', 'as of v2.0'], 'up to 1.5 s; as of v2.0'],
  [[], ''],
])('%j is joined as %j', (parts, joined) => {
  expect(phrases(parts)).toBe(joined)
})
