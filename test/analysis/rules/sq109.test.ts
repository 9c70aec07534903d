import { expect, test } from 'vitest'
import { findConflicts } from '../../../src/analysis/status.js'
import { validateMigrations } from '../../../src/analysis/validate/validate.js'
import { migrationFile } from '../scenario-run.js'

const TOP = [migrationFile('0001_a.sql', 'CREATE TABLE a (id INTEGER PRIMARY KEY);')]

test.each([
  ['warns where nothing else is there', [], ['1_a/other.sql'], ['warning']],
  ['warns of the layout of a folder per migration', TOP, ['2_b/migration.sql'], ['warning']],
  ['only mentions other SQL beside migrations', TOP, ['seeds/all.sql'], ['info']],
  ['is silent where nothing is passed over', TOP, [], []],
  ['is silent where nobody looked', TOP, undefined, []],
])('SQ109 %s, in validate and in status', async (_what, files, overlooked, severities) => {
  const looked = overlooked === undefined ? {} : { overlooked }
  const { findings, success } = await validateMigrations({ files, ...looked })
  const found = findings.filter(({ code }) => code === 'SQ109')
  expect(found.map(({ severity }) => severity)).toEqual(severities)
  expect(success).toBe(true)
  for (const name of overlooked ?? []) expect(found[0]?.message).toContain(name)
  const conflicts = findConflicts({ files, applied: [], checksums: undefined, ...looked })
  expect(conflicts.map(({ code, blocking }) => [code, blocking])).toEqual(
    severities.map(() => ['SQ109', false]),
  )
})
