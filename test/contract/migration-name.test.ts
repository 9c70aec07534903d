import { expect, it } from 'vitest'
import {
  demandMigrationName,
  whyNoMigrationName,
  whyNoMigrationNames,
} from '../../src/contract/migration-name.js'

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
  ['0001_a\u200B.sql', /do not show/],
  ['\uFEFF0001_a.sql', /do not show/],
  ['0001_a\u00ADb.sql', /do not show/],
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
  // Persian is written with it.
  '0001_\u0645\u06CC\u200C\u062E.sql',
  `${'x'.repeat(251)}.sql`,
])('%j is one', (name) => {
  expect(whyNoMigrationName(name)).toBeUndefined()
})

it.each<[string, string[], string, RegExp]>([
  ['one twice', ['0001_a.sql', '0002_b.sql', '0001_a.sql'], '0001_a.sql', /it is there twice/],
  ['small and capital', ['a.sql', 'A.sql'], 'A.sql', /take it for "a\.sql"/],
  ['another ending', ['0001_a.sql', '0001_a.SQL'], '0001_a.SQL', /take it for/],
  ['folders', ['add/migration.sql', 'Add/migration.sql'], 'Add/migration.sql', /take it for/],
  ['letters of other languages', ['0001_É.sql', '0001_é.sql'], '0001_é.sql', /take it for/],
  ['long s', ['0001_ſ.sql', '0001_s.sql'], '0001_s.sql', /take it for/],
  ['accents of their own', ['0001_\u00E9.sql', '0001_e\u0301.sql'], '0001_e\u0301.sql', /take it for/],
  ['a file and its folder', ['a.sql/b.sql', 'A.sql'], 'a.sql/b.sql', /"A\.sql" would be its folder/],
  ['one among many', ['0001_a.sql', '0002_b.sql', 'con.sql'], 'con.sql', /Windows keeps/],
])('%s are no names of a folder', (_what, names, name, why) => {
  expect(whyNoMigrationNames(names)).toEqual({ name, why: expect.stringMatching(why) as string })
})

it('names that only look alike are names of a folder', () => {
  const names = [
    '0001_a.sql',
    '0001_a_.sql',
    '0001_b.sql',
    'a/0001_a.sql',
    'b/0001_a.sql',
    '0001_\u0430.sql',
    '0001_ä.sql',
  ]
  expect(whyNoMigrationNames(names)).toBeUndefined()
  expect(whyNoMigrationNames([])).toBeUndefined()
})
