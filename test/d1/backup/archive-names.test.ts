import { expect, test } from 'vitest'
import { archiveEnvironment, archiveName } from '../../../src/d1/backup/archive-names.js'

test.each(['local', 'production', 'pre-production', 'eu-2026'])(
  'an archive is of the environment that its name says: %s',
  (environment) => {
    expect(archiveEnvironment(archiveName(environment, new Date('2026-03-01T12:00:00Z')))).toBe(environment)
  },
)

test.each([
  'backup.zip',
  'copy of backup-local-2026-03-01-120000.zip',
  'backup-local-2026-03-01.zip',
  'backup-local-2026-13-01-120000.zip',
  'backup--2026-03-01-120000.zip',
  'backup-local-2026-03-01-120000.zip.part',
])('another name says of no environment that the file is its archive: %s', (name) => {
  expect(archiveEnvironment(name)).toBeUndefined()
})
