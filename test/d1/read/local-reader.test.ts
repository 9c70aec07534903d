import { sqliteFailure } from '../../../src/d1/sqlite/disk-failure.js'
import { expect, test } from 'vitest'
import { RunbookError } from '../../../src/contract/failures.js'

// Extended codes as SQLite gives them: the low byte decides.
test.each([
  ['a lock', 5, 'DatabaseLocked'],
  ['a full disk while writing', 13, 'DiskFull'],
  ['a full disk while the write-ahead log is mapped', 4874, 'DiskFull'],
  ['a folder that may not be written', 14, 'NotPermitted'],
  ['a file that is no database', 26, 'BackupInvalid'],
  ['a statement that is wrong', 1, 'SqlRefused'],
])('%s is named as what it is', (_, errcode, type) => {
  const failure = sqliteFailure('/x/a.sqlite', Object.assign(new Error('as SQLite says'), { errcode }))

  expect(failure).toBeInstanceOf(RunbookError)
  expect(failure).toMatchObject({ type })
})

test('what SQLite did not say stays as it is', () => {
  const error = new Error('something else')
  expect(sqliteFailure('/x/a.sqlite', error)).toBe(error)
})
