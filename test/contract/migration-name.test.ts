import { expect, it } from 'vitest'
import { demandMigrationName, whyNoMigrationName } from '../../src/contract/migration-name.js'

it.each<[string, RegExp]>([
  ['../x.sql', /a path below/],
  ['a/../../x.sql', /a path below/],
  ['/etc/x', /a path below/],
  ['C:x.sql', /a path below/],
  ['a\\b.sql', /a path below/],
  ['a//b.sql', /a path below/],
  ['', /a path below/],
  ['0001_a\n0002_b.sql', /do not show/],
  ['0001_\x1b[2Ja.sql', /do not show/],
  ['0001_\u202Elqs.evil.sql', /do not show/],
  ['0001_\u2066a\u2069.sql', /do not show/],
  ['0001_\u2028a.sql', /do not show/],
  ['0001_\uD800.sql', /do not show/],
  ['CON', /Windows keeps/],
  ['con.sql', /Windows keeps/],
  ['nested/Nul.backup.sql', /Windows keeps/],
  ['LPT1/0001_a.sql', /Windows keeps/],
  ['0001_a.sql.', /at the end/],
  ['folder /0001_a.sql', /at the end/],
  ['x'.repeat(400), /longer than 255 bytes/],
  [`${'ü'.repeat(126)}.sql`, /longer than 255 bytes/],
])('%j is no name of a migration', (name, why) => {
  expect(whyNoMigrationName(name)).toMatch(why)
  expect(() => demandMigrationName(name)).toThrow(expect.objectContaining({ type: 'ValidationFailed' }))
})

it.each([
  '0001_init.sql',
  '20260308220314_add tags (2).sql',
  '20260308_add/migration.sql',
  '.hidden/0001_a.sql',
  '0001_…ümläut_日本.sql',
  '0001_console.sql',
  'CONTACT.sql',
  '0001_com1.sql',
  '0001_a..b.sql',
  "0001_it's.sql",
  `${'x'.repeat(251)}.sql`,
])('%j is one', (name) => {
  expect(whyNoMigrationName(name)).toBeUndefined()
})
