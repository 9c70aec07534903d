import { setTimeout as sleep } from 'node:timers/promises'
import { confirm, isCancel, select, settings, text } from '@clack/prompts'
import { ATTESTATIONS } from '../../contract/attestations.js'
import { rollbackStrategySchema, type RollbackStrategy } from '../../contract/policy.js'
import type { RollbackOption } from '../../contract/rollback.js'
import type { AskLines } from '../../client/evidence.js'
import { plain } from '../../contract/command-line.js'
import { words, type NextCommand, type Words } from '../../contract/next-command.js'
import { wrapText } from './block.js'
import { colorsFor, type Output } from './output.js'

/** Prompts stand on stderr: stdout may be a pipe. */
const output = process.stderr

/** Letters that would move a choice, as in vi: who types one means a word, and a slip must choose nothing. */
for (const letter of ['h', 'j', 'k', 'l']) settings.aliases.delete(letter)

/** `withdrawn`: the question was taken from the screen; `interrupted`: by Ctrl-C or Escape. */
type Unanswered = 'withdrawn' | 'interrupted'

export type GateAnswer = { decision: 'approve' } | { decision: 'reject' } | Unanswered

/** What is shown before a question. A `reason` that is a string, of `signal`, is said where it takes the question away. */
interface Asked {
  shows: readonly Words[]
  /** The command that shows it once more: said where it is longer than the screen. */
  again?: NextCommand
  block: Output['block']
  signal: AbortSignal
}

/** Shows what is being confirmed. `y` approves and `n` declines; a slip, or Enter alone, decides nothing and is asked again. */
export async function askGate({ title, ...asked }: Asked & { title: string }): Promise<GateAnswer> {
  await forgetTypedAhead()
  showBefore(title, asked)
  const answer = await text({
    message: "Type 'y' to proceed, 'n' to decline",
    validate: (typed) => (yesOrNo(typed) === undefined ? "Only 'y' or 'n' decides" : undefined),
    signal: asked.signal,
    output,
  })
  if (isCancel(answer)) return unanswered(asked.signal)
  return { decision: yesOrNo(answer) === 'yes' ? 'approve' : 'reject' }
}

/** Undefined: neither, so nothing is decided. */
export function yesOrNo(typed: string | undefined): 'yes' | 'no' | undefined {
  const word = (typed ?? '').trim().toLowerCase()
  if (word === 'y' || word === 'yes') return 'yes'
  return word === 'n' || word === 'no' ? 'no' : undefined
}

export type WayBackAnswer = { decision: 'approve'; strategy: RollbackStrategy } | Unanswered

const WAY_LABELS: Record<RollbackStrategy, string> = {
  none: 'Stay as it is',
  'reverse-migration': 'Run the reverse migration',
  'time-travel': 'Time Travel to the bookmark',
  'restore-backup': 'Restore the verified backup',
}

/** Only what can be chosen stands to be chosen; a run of an earlier version does not say what can. */
export function waysToChoose(
  ways: readonly Pick<RollbackOption, 'strategy' | 'available'>[] | undefined,
): { value: RollbackStrategy; label: string }[] {
  const possible =
    ways?.filter(({ available }) => available).map(({ strategy }) => strategy) ??
    rollbackStrategySchema.options.filter((strategy) => strategy !== 'none')
  return (['none', ...possible] as const).map((value) => ({ value, label: WAY_LABELS[value] }))
}

export async function askWayBack({
  ways,
  ...asked
}: Asked & { ways: readonly RollbackOption[] | undefined }): Promise<WayBackAnswer> {
  await forgetTypedAhead()
  showBefore('Ways back, and what each one costs', asked)
  const strategy = await answered<RollbackStrategy>('Not decided yet', {
    message: 'Which way?',
    options: waysToChoose(ways),
    signal: asked.signal,
  })
  if (strategy === null) return unanswered(asked.signal)
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

/** Aborting `signal` is Ctrl-C in the menu: both leave the run going. */
export async function askInterrupt(signal: AbortSignal): Promise<'stay' | 'detach' | 'abort'> {
  const answer = await select<'stay' | 'detach' | 'abort'>({
    message: 'Ctrl-C ends nothing: the run goes on without this terminal. What now?',
    options: [
      { value: 'stay', label: 'Go on watching' },
      { value: 'detach', label: 'Detach: leave the run going', hint: 'Ctrl-C again does the same' },
      { value: 'abort', label: 'Abort: end the run', hint: 'what was applied stays' },
    ],
    signal,
    output,
  })
  // The option that stands there struck through is not what happens.
  if (isCancel(answer)) {
    tell('Detached: nobody watches here any more, and nothing was ended.')
    return 'detach'
  }
  if (answer !== 'abort') return answer
  const message = 'End the run for everybody?'
  const sure = await confirm({ message, initialValue: false, signal, output })
  if (sure === true) return 'abort'
  tell('Not aborted: the run goes on, and this terminal watches it.')
  return 'stay'
}

/** The lines that only a person can answer for, one by one. Null: they left. */
export const askChecklist: AskLines = async (lines, { demanded, signal }) => {
  await forgetTypedAhead()
  const told = 'What no machine can know. Your name stands behind each yes, and in the report.'
  showBefore('Pre-Migration Checklist', {
    shows: [told],
    block: (text, place) => wrapText(plain(text), { columns: columnsWithin(), ...place }),
  })
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

function unanswered({ aborted, reason }: AbortSignal): Unanswered {
  if (aborted && typeof reason === 'string') tell(reason)
  return aborted ? 'withdrawn' : 'interrupted'
}

/** Left of every row stands the line that joins what belongs to one question. */
const GUIDE = '│  '

function showBefore(title: string, shown: Omit<Asked, 'signal'>): void {
  const { head, below } = promptRows(title, { ...shown, columns: columnsWithin(), rows: output.rows })
  const { bold, green } = colorsFor(output)
  guided(`${green('◇')}  ${bold(head)}`, below)
}

/** What a question takes below what it is about. */
const QUESTION_ROWS = 4

/** What is confirmed, within the terminal: no right border, which a long title or a narrower window would break. */
export function promptRows(
  title: string,
  { shows, block, again, columns, rows }: Omit<Asked, 'signal'> & { columns: number; rows: number },
): { head: string; below: string[] } {
  const { bold } = colorsFor(output)
  const place = { columns, hang: '    ' }
  const [head = '', ...more] = wrapText(title, { ...place, hang: '' })
  const below = [...more.map((row) => bold(row)), '', ...shows.flatMap((line) => block(line, place))]
  if (again === undefined || !(rows > 0) || below.length + QUESTION_ROWS < rows) return { head, below }
  return {
    head,
    below: [...below, ...block(words`It began above; once more, in another terminal: ${again}`, place)],
  }
}

/** One sentence between two questions. */
function tell(sentence: string): void {
  const [head = '', ...more] = wrapText(sentence, { columns: columnsWithin(), hang: '' })
  guided(`${colorsFor(output).blue('●')}  ${head}`, more)
}

function columnsWithin(): number {
  return (output.columns > 0 ? output.columns : 100) - GUIDE.length
}

function guided(head: string, below: readonly string[]): void {
  const { gray } = colorsFor(output)
  const rows = below.map((row) => (row === '' ? gray('│') : `${gray('│')}  ${row}`))
  output.write(`${[gray('│'), head, ...rows].join('\n')}\n`)
}
