import { expect, test } from 'vitest'
import { insteadOf } from '../../../src/cli/commands/backup.js'
import { command, commandsIn } from '../../../src/contract/next-command.js'

test('instead of an archive that is not valid a new one of its environment is made', () => {
  expect(commandsIn(insteadOf('production'))).toEqual([{ ...command('backup'), environment: 'production' }])
})

test('of which environment an archive is may be unknown: then no other one is backed up', () => {
  expect(commandsIn(insteadOf(undefined))).toEqual([])
})
