import type { Gate } from '../contract/names.js'
import type { RollbackStrategy } from '../contract/policy.js'

/** The exact command that a person types, quoted for any shell where a name needs it. */
export function decisionCommand(input: {
  verb: 'approve' | 'reject'
  gate: Gate
  environment: string
}): string {
  return `d1-runbook ${input.verb} ${input.gate} --env ${shellWord(input.environment)}`
}

export function rollbackCommand(input: { strategy: RollbackStrategy; environment: string }): string {
  return `d1-runbook rollback --strategy ${input.strategy} --env ${shellWord(input.environment)}`
}

/** Double quotes work in POSIX shells, in PowerShell and in cmd; names that would need more are not accepted by the config. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`
}
