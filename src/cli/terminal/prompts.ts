import { setTimeout as sleep } from 'node:timers/promises'
import { confirm, isCancel, log, note, select, text } from '@clack/prompts'
import { ATTESTATIONS } from '../../contract/attestations.js'
import type { RollbackStrategy } from '../../contract/policy.js'
import type { AskLines } from '../../client/evidence.js'

/** Prompts stand on stderr: stdout may be a pipe. */
const output = process.stderr

export type GateAnswer = { decision: 'approve' } | { decision: 'reject' } | 'elsewhere' | 'interrupted'

/** Shows what is being confirmed. `y` approves and `n` declines; a slip, or Enter alone, decides nothing and is asked again. */
export async function askGate(input: {
  title: string
  shows: string[]
  signal: AbortSignal
}): Promise<GateAnswer> {
  await forgetTypedAhead()
  note(input.shows.join('\n'), input.title, { output })
  const answer = await text({
    message: "Type 'y' to proceed, 'n' to decline",
    validate: (typed) => (yesOrNo(typed) === undefined ? "Only 'y' or 'n' decides" : undefined),
    signal: input.signal,
    output,
  })
  if (isCancel(answer)) return input.signal.aborted ? elsewhere() : 'interrupted'
  return { decision: yesOrNo(answer) === 'yes' ? 'approve' : 'reject' }
}

/** Undefined: neither, so nothing is decided. */
export function yesOrNo(typed: string | undefined): 'yes' | 'no' | undefined {
  const word = (typed ?? '').trim().toLowerCase()
  if (word === 'y' || word === 'yes') return 'yes'
  return word === 'n' || word === 'no' ? 'no' : undefined
}

export type WayBackAnswer = { decision: 'approve'; strategy: RollbackStrategy } | 'elsewhere' | 'interrupted'

export async function askWayBack(input: { shows: string[]; signal: AbortSignal }): Promise<WayBackAnswer> {
  await forgetTypedAhead()
  note(input.shows.join('\n'), 'Ways back, and what each one costs', { output })
  const strategy = await answered<RollbackStrategy>('Not decided yet', {
    message: 'Which way?',
    options: [
      { value: 'none', label: 'Stay as it is' },
      { value: 'reverse-migration', label: 'Run the reverse migration' },
      { value: 'time-travel', label: 'Time Travel to the bookmark' },
      { value: 'restore-backup', label: 'Restore the verified backup' },
    ],
    signal: input.signal,
  })
  if (strategy === null) return input.signal.aborted ? elsewhere() : 'interrupted'
  return { decision: 'approve', strategy }
}

/** One of the options, none of which is chosen beforehand: Enter alone asks again. Null: they left. */
async function answered<T extends string>(
  undecided: string,
  asked: { message: string; options: { value: T; label: string; hint?: string }[]; signal: AbortSignal },
): Promise<T | null> {
  const first = { value: 'undecided', label: undecided, hint: 'Enter alone decides nothing' }
  for (;;) {
    const answer = await select<string>({ ...asked, options: [first, ...asked.options], output })
    if (isCancel(answer)) return null
    const chosen = asked.options.find(({ value }) => value === answer)
    if (chosen !== undefined) return chosen.value
  }
}

export async function askInterrupt(): Promise<'stay' | 'detach' | 'abort'> {
  const answer = await select<'stay' | 'detach' | 'abort'>({
    message: 'The run goes on without this terminal. What should happen?',
    options: [
      { value: 'stay', label: 'Go on watching' },
      { value: 'detach', label: 'Detach: leave the run going', hint: 'watch --decide comes back to it' },
      { value: 'abort', label: 'Abort: end the run', hint: 'what was applied stays' },
    ],
    output,
  })
  if (isCancel(answer)) return 'detach'
  if (answer !== 'abort') return answer
  const sure = await confirm({ message: 'End the run for everybody?', initialValue: false, output })
  return sure === true ? 'abort' : 'stay'
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
    const answer = await answered('Not answered yet', {
      message: ATTESTATIONS[line],
      options: [
        { value: 'yes' as const, label: 'Yes, I answer for it' },
        { value: 'skip' as const, label: 'Leave it out, for a reason' },
        ...(demanded
          ? []
          : [{ value: 'open' as const, label: 'I do not know', hint: 'shown as not attested' }]),
      ],
      signal,
    })
    if (answer === null) return null
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
