import { expect, test } from 'vitest'
import { insteadOf, restoredLines } from '../../../src/cli/commands/backup.js'
import type { BackupMetadata } from '../../../src/contract/backup.js'
import { plain } from '../../../src/contract/command-line.js'
import { command, commandsIn } from '../../../src/contract/next-command.js'

test('instead of an archive that is not valid a new one of its environment is made', () => {
  expect(commandsIn(insteadOf('production'))).toEqual([{ ...command('backup'), environment: 'production' }])
})

test('of which environment an archive is may be unknown: then no other one is backed up', () => {
  expect(commandsIn(insteadOf(undefined))).toEqual([])
})

test('a restore names all that lies in the folder, and what may be done with it', () => {
  const metadata = { environment: 'production', database: { name: 'art "x"', id: 'id' } } as BackupMetadata
  const restored = { tables: [], metadata, wranglerConfig: '/to here/wrangler.json' }
  const lines = restoredLines(restored, { file: 'backup.zip', to: '/to here' })
  const text = lines.map((line) => plain(line)).join('\n')
  expect(text).toContain('/to here/v3')
  expect(text).toContain(
    `wrangler d1 execute 'art "x"' --local --config "/to here/wrangler.json" --persist-to "/to here" `,
  )
  expect(lines.flatMap(commandsIn)).toEqual([
    { ...command('plan', '--backup', 'backup.zip'), environment: 'production' },
  ])
})
