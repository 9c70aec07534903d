import {
  FAILURES,
  RunbookError,
  isFailureType,
  type FailureType,
  messageOf,
} from '../../contract/failures.js'
import { Interrupted } from './interrupt.js'
import { command, isWords, words, type Words } from '../../contract/next-command.js'

/** What the command line says about an error, whichever way it came. */
export interface Failure {
  type: FailureType | 'Interrupted' | 'Bug'
  message: string
  advice: Words
  exitCode: number
  stack: string | undefined
}

const REPORT_BUG =
  'This is a fault of d1-runbook. Run the command again with D1_RUNBOOK_DEBUG=1 and report what it prints.'

/** A bug stays a bug: only what was thrown as a failure of the table is shown as something to act on. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RunbookError) {
    const { type, message, adviceWords: advice } = error
    return { type, message, advice, exitCode: FAILURES[type].exitCode, stack: error.stack }
  }
  const stack = error instanceof Error ? error.stack : undefined
  if (error instanceof Interrupted) {
    const { message, exitCode } = error
    return {
      type: 'Interrupted',
      message,
      advice: 'Run the command again when you want to.',
      exitCode,
      stack,
    }
  }
  const carried = failureThroughTemporal(error)
  if (carried !== undefined) return { ...carried, exitCode: FAILURES[carried.type].exitCode, stack }
  const system = failureOfSystem(error)
  if (system !== undefined) return { ...system, exitCode: FAILURES[system.type].exitCode, stack }
  const message = messageOf(error)
  return { type: 'Bug', message, advice: REPORT_BUG, exitCode: 1, stack }
}

type Known = { type: FailureType; message: string; advice: Words }

/** An `ApplicationFailure` carries its type; its first detail may carry the advice. */
function failureThroughTemporal(error: unknown): Known | undefined {
  for (
    let cause: unknown = error, depth = 0;
    cause instanceof Error && depth < 8;
    cause = cause.cause, depth += 1
  ) {
    const { type, details } = cause as { type?: unknown; details?: unknown }
    if (!isFailureType(type)) continue
    const [first] = Array.isArray(details) ? (details as unknown[]) : []
    const advice = typeof first === 'object' && first !== null && 'advice' in first ? first.advice : undefined
    return {
      type,
      message: cause.message,
      advice: isWords(advice) ? advice : words`See the run: ${command('show')}`,
    }
  }
  return undefined
}

const SYSTEM_FAILURES: Record<string, { type: FailureType; advice: string }> = {
  ENOSPC: {
    type: 'DiskFull',
    advice: 'Free space on that disk, then run the command again: nothing half done was kept.',
  },
  EDQUOT: { type: 'DiskFull', advice: 'Free space in your quota, then run the command again.' },
  EACCES: { type: 'NotPermitted', advice: 'Check the owner and the rights of that path.' },
  EPERM: { type: 'NotPermitted', advice: 'Check the owner and the rights of that path.' },
  EROFS: { type: 'NotPermitted', advice: 'That file system is read-only; choose another folder.' },
}

function failureOfSystem(error: unknown): Known | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  const known = typeof code === 'string' ? SYSTEM_FAILURES[code] : undefined
  if (known !== undefined) return { ...known, message: error.message }
  // SQLite's result codes, from sqlite3.h: 5 busy, 6 locked, 13 full.
  const base = typeof errcode === 'number' ? errcode & 0xff : undefined
  if (base === 5 || base === 6) {
    return {
      type: 'DatabaseLocked',
      message: `The database is locked by another process: ${error.message}.`,
      advice: 'Stop `wrangler dev` or whatever else has it open, then run the command again.',
    }
  }
  if (base === 13)
    return { type: 'DiskFull', message: error.message, advice: 'Free space, then run the command again.' }
  return undefined
}
