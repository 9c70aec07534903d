import { command, type NextCommand } from '../contract/next-command.js'
import type { Gate } from '../contract/names.js'

/**
 * How a gate is decided. The gate `rollback` is decided with a way back: those that are there stand with their price and
 * command in what the gate shows, so here is only how to keep the database as it is.
 */
export function gateCommands(input: {
  gate: Gate
  environment: string
}): { label: string; command: NextCommand }[] {
  const { gate, environment } = input
  if (gate === 'rollback')
    return [
      { label: 'Keep it as it is', command: { ...command('rollback', '--strategy', 'none'), environment } },
    ]
  return [
    { label: 'Approve', command: { ...command('approve', gate), environment } },
    { label: 'Decline', command: { ...command('reject', gate), environment } },
  ]
}
