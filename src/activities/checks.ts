import { RunbookError } from '../contract/failures.js'
import type { Check } from '../contract/run.js'
import { command, words } from '../contract/next-command.js'

/** Looks at one line of a checklist; an error that people can act on makes it `failed`, with its advice. */
export async function check(
  name: string,
  title: string,
  look: () => Promise<string | Pick<Check, 'state' | 'message' | 'advice'>>,
): Promise<Check> {
  try {
    const seen = await look()
    return typeof seen === 'string'
      ? { name, title, state: 'passed', message: seen }
      : { name, title, ...seen }
  } catch (error) {
    // What may pass by itself is for the activity's retries, not a verdict.
    if (!(error instanceof RunbookError) || error.retryable) throw error
    return { name, title, state: 'failed', message: error.message, advice: error.adviceWords }
  }
}

/**
 * `seen`: what the run shall know although a check failed.
 * @throws ChecksFailed naming every check that failed, with the first one's advice
 */
export function demandPassed(checks: Check[], what: string, seen: Record<string, unknown> = {}): void {
  const failed = checks.filter(({ state }) => state === 'failed')
  const [first] = failed
  if (first === undefined) return
  throw new RunbookError(
    'ChecksFailed',
    `${what}: ${failed.map(({ title, message }) => `${title}: ${message}`).join('; ')}`,
    { advice: first.advice ?? words`run: ${command('doctor')}`, details: { checks, ...seen } },
  )
}
