import { at, command, placeOf, type NextCommand } from '../contract/next-command.js'
import type { Gate } from '../contract/names.js'

/**
 * How a gate is decided. The gate `rollback` is decided with a way back: those that are there stand with their price and
 * command in what the gate shows, so here is only how to keep the database as it is.
 */
export function gateCommands(
  gate: Gate,
  about: Parameters<typeof placeOf>[0],
): { label: string; command: NextCommand }[] {
  const place = placeOf(about)
  if (gate === 'rollback')
    return [{ label: 'Keep it as it is', command: at(place, command('rollback', '--strategy', 'none')) }]
  return [
    { label: 'Approve', command: at(place, command('approve', gate)) },
    { label: 'Decline', command: at(place, command('reject', gate)) },
  ]
}
