import type { Gate } from '../contract/names.js'
import type { RollbackStrategy } from '../contract/policy.js'

/** The exact command that a person types, quoted for any shell where a name needs it. */
export function decisionCommand(input: {
  verb: 'approve' | 'reject'
  gate: Exclude<Gate, 'rollback'>
  environment: string
}): string {
  return `d1-runbook ${input.verb} ${input.gate} --env ${shellWord(input.environment)}`
}

/**
 * How a gate is decided. The gate `rollback` is decided with a way back: those that are there stand with their price and
 * command in what the gate shows, so here is only how to keep the database as it is.
 */
export function gateCommands(input: {
  gate: Gate
  environment: string
}): { label: string; command: string }[] {
  const { gate, environment } = input
  if (gate === 'rollback')
    return [{ label: 'Keep it as it is', command: rollbackCommand({ strategy: 'none', environment }) }]
  return [
    { label: 'Approve', command: decisionCommand({ verb: 'approve', gate, environment }) },
    { label: 'Decline', command: decisionCommand({ verb: 'reject', gate, environment }) },
  ]
}

export function watchCommand({ environment }: { environment: string }): string {
  return `d1-runbook watch --env ${shellWord(environment)}`
}

export function resumeCommand({ environment }: { environment: string }): string {
  return `d1-runbook resume --env ${shellWord(environment)}`
}

export function rollbackCommand(input: { strategy: RollbackStrategy; environment: string }): string {
  return `d1-runbook rollback --strategy ${input.strategy} --env ${shellWord(input.environment)}`
}

/** Double quotes work in POSIX shells, in PowerShell and in cmd; names that would need more are not accepted by the config. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`
}
