import { setTimeout as sleep } from 'node:timers/promises'
import { isCancel, log, note, select, text } from '@clack/prompts'
import { ATTESTATIONS } from '../../contract/attestations.js'
import type { RollbackStrategy } from '../../contract/policy.js'
import type { AskLines } from '../../client/evidence.js'

/** Prompts stand on stderr: stdout may be a pipe. */
const output = process.stderr

export type GateAnswer = { decision: 'approve' } | { decision: 'reject' } | 'elsewhere' | 'interrupted'

/** Shows what is being confirmed. `y` approves, anything else declines: the runbook's prompt. */
export async function askGate(input: {
  title: string
  shows: string[]
  signal: AbortSignal
}): Promise<GateAnswer> {
  await forgetTypedAhead()
  note(input.shows.join('\n'), input.title, { output })
  const answer = await text({
    message: "Type 'y' to proceed; anything else declines",
    signal: input.signal,
    output,
  })
  if (isCancel(answer)) return input.signal.aborted ? elsewhere() : 'interrupted'
  return /^\s*y\s*$/i.test(answer) ? { decision: 'approve' } : { decision: 'reject' }
}

export type WayBackAnswer = { decision: 'approve'; strategy: RollbackStrategy } | 'elsewhere' | 'interrupted'

export async function askWayBack(input: { shows: string[]; signal: AbortSignal }): Promise<WayBackAnswer> {
  await forgetTypedAhead()
  note(input.shows.join('\n'), 'Ways back, and what each one costs', { output })
  const answer = await select<RollbackStrategy>({
    message: 'Which way?',
    options: [
      { value: 'none', label: 'Stay as it is' },
      { value: 'reverse-migration', label: 'Run the reverse migration' },
      { value: 'time-travel', label: 'Time Travel to the bookmark' },
      { value: 'restore-backup', label: 'Restore the verified backup' },
    ],
    signal: input.signal,
    output,
  })
  if (isCancel(answer)) return input.signal.aborted ? elsewhere() : 'interrupted'
  return { decision: 'approve', strategy: answer }
}

export async function askInterrupt(): Promise<'stay' | 'detach' | 'abort'> {
  const answer = await select<'stay' | 'detach' | 'abort'>({
    message: 'The run goes on without this terminal. What should happen?',
    options: [
      { value: 'stay', label: 'Go on watching' },
      { value: 'detach', label: 'Detach: leave the run going', hint: 'watch looks at it again' },
      { value: 'abort', label: 'Abort: end the run', hint: 'what was applied stays' },
    ],
    output,
  })
  return isCancel(answer) ? 'detach' : answer
}

/** The lines that only a person can answer for, one by one. Null: they left. */
export const askChecklist: AskLines = async (lines, { demanded, signal }) => {
  await forgetTypedAhead()
  note(
    'What no machine can know. Your name stands behind each yes, and in the report.',
    'Pre-Migration Checklist',
    { output },
  )
  const answers: Awaited<ReturnType<AskLines>> = { attested: [], skipped: [] }
  for (const line of lines) {
    const answer = await select<'yes' | 'skip' | 'open'>({
      message: ATTESTATIONS[line],
      options: [
        { value: 'yes', label: 'Yes, I answer for it' },
        { value: 'skip', label: 'Leave it out, for a reason' },
        ...(demanded
          ? []
          : [{ value: 'open' as const, label: 'I do not know', hint: 'shown as not attested' }]),
      ],
      output,
      signal,
    })
    if (isCancel(answer)) return null
    if (answer === 'yes') answers.attested.push(line)
    if (answer !== 'skip') continue
    const reason = await text({
      message: 'Why?',
      validate: (given) =>
        (given ?? '').trim() === '' ? 'A reason is needed: the report shows it' : undefined,
      output,
      signal,
    })
    if (isCancel(reason)) return null
    answers.skipped.push({ line, reason: reason.trim() })
  }
  return answers
}

/** What was typed before the question was on the screen is no answer to it. */
async function forgetTypedAhead(): Promise<void> {
  const { stdin } = process
  const ignore = (): void => undefined
  stdin.setRawMode(true)
  stdin.on('data', ignore)
  stdin.resume()
  await sleep(60)
  stdin.off('data', ignore)
  stdin.pause()
  stdin.setRawMode(false)
}

function elsewhere(): 'elsewhere' {
  log.info('Decided elsewhere.', { output })
  return 'elsewhere'
}
