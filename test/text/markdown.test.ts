import { expect, test } from 'vitest'
import { prose } from '../../src/text/markdown.js'

test.each([
  [
    'accept it in the file: `-- d1-runbook: accept DL102 t: why`.',
    'accept it in the file: `-- d1-runbook: accept DL102 t: why`.',
  ],
  ['use --force', 'use `--force`'],
  ['`a` and `b`', '\\`a\\` and \\`b\\`'],
  ['`-- never closed', '`` `-- `` never closed'],
  ['`--x` `y` `--z w`', '`--x` \\`y\\` `--z w`'],
])('%s keeps its code marks as %s', (text, written) => {
  expect(prose(text)).toBe(written)
})
