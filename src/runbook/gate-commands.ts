import { at, command, placeOf, type NextCommand } from '../contract/next-command.js'
import type { Gate } from '../contract/names.js'
import type { RollbackOption } from '../contract/rollback.js'

/**
 * How a gate is decided. The gate `rollback` is decided with a way back: where what the gate shows stands beside it, they are there with
 * their price and command, and here is only how to keep the database as it is. Else `ways` are those that were shown.
 */
export function gateCommands(
  gate: Gate,
  about: Parameters<typeof placeOf>[0],
  ways: readonly RollbackOption[] = [],
): { label: string; command: NextCommand }[] {
  const place = placeOf(about)
  if (gate === 'rollback')
    return [
      ...ways
        .filter(({ available }) => available)
        .map(({ title, command: way }) => ({ label: title, command: at(place, way) })),
      { label: 'Keep it as it is', command: at(place, command('rollback', '--strategy', 'none')) },
    ]
  return [
    { label: 'Approve', command: at(place, command('approve', gate)) },
    { label: 'Decline', command: at(place, command('reject', gate)) },
  ]
}
