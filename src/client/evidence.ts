import { createHash } from 'node:crypto'
import { didYouMean } from '../config/closest.js'
import type { Project } from '../config/project.js'
import { reviewCommandOf, testCommandOf } from '../config/settings.js'
import { shellWord } from '../contract/shell.js'
import { RunbookError } from '../contract/failures.js'
import type { Check } from '../contract/run.js'
import type { MigrationFile, Target } from '../contract/target.js'
import { checkCommitted } from './committed.js'
import { formatDuration } from '../text/duration.js'
import { ATTESTATIONS, type Attestation } from '../contract/attestations.js'
import { runProjectCommand } from '../process/programs.js'
import { at, words, wordsAt, type NextCommand } from '../contract/next-command.js'
import { refusalOfUnanswered, unanswered } from '../runbook/charter-demands.js'
import { testsCheck } from '../runbook/gaps.js'

/** What a person says to lines of the checklist; null: they left. */
export type AskLines = (
  lines: readonly Attestation[],
  asked: { demanded: boolean; signal: AbortSignal },
) => Promise<{ attested: Attestation[]; skipped: { line: Attestation; reason: string }[] } | null>

/**
 * What only the checkout knows: the project's tests, the state of git, and what the requester answers for.
 * Throws `ChecksFailed` with the end of a failed command's output, `ConfigInvalid` where an answer is demanded, `Declined`
 * where a person left the questions.
 */
export async function collectEvidence(input: {
  project: Project
  target: Target
  /** The migration files as they will run. */
  files: readonly MigrationFile[]
  attested: readonly string[]
  /** `NAME=reason`, as typed. */
  skipped: readonly string[]
  /** Lines to answer for; demanded, or only shown where nobody does. */
  asked: { lines: readonly Attestation[]; demanded: boolean }
  /** Asks in a terminal; absent where nobody is there. */
  ask?: AskLines | undefined
  actor: string
  /** What was typed, to be typed again. */
  again: NextCommand
  signal: AbortSignal
  onProgress: (message: string) => void
}): Promise<Check[]> {
  // Before the project's own commands, which may take long.
  const given = givenAnswers(input)
  const answers = [...given, ...(await askForTheRest(given, input))]
  return [
    await checkTests(input),
    await checkCommitted(input.target, input.files),
    ...(await checkReview(answers, input)),
    ...answers,
  ]
}

/** Answers that came with the command. Throws `ConfigInvalid` for a line that there is not, or one left out for no reason. */
export function givenAnswers({
  attested,
  skipped,
  actor,
}: Pick<Parameters<typeof collectEvidence>[0], 'attested' | 'skipped' | 'actor'>): Check[] {
  return [
    ...attested.map((name) => attestation(name, actor)),
    ...skipped.map((text) => skippedLine(text, actor)),
  ]
}

/** Answers to the lines that nobody has answered for yet; unanswered ones are refused or shown, as the policy has it. */
async function askForTheRest(
  given: readonly Check[],
  { asked, ask, actor, target, again, signal }: Parameters<typeof collectEvidence>[0],
): Promise<Check[]> {
  const open = asked.lines.filter((line) => !given.some(({ name }) => name === line))
  const said =
    ask === undefined || open.length === 0
      ? { attested: [], skipped: [] }
      : await ask(open, { ...asked, signal })
  if (said === null) {
    throw new RunbookError('Declined', 'The checklist was left unanswered. Nothing was started.', {
      advice: words`Begin again: ${at({ environment: target.environment }, again)}`,
    })
  }
  const answers = [
    ...said.attested.map((line) => attestation(line, actor)),
    ...said.skipped.map(({ line, reason }) => skippedLine(`${line}=${reason}`, actor)),
  ]
  const missing = open.filter((line) => !answers.some(({ name }) => name === line))
  if (asked.demanded) refuseUnanswered(missing, target)
  return [...answers, ...missing.map(unanswered)]
}

function attestation(name: string, actor: string): Check {
  const by = { actor, at: new Date().toISOString() }
  return { name, title: titleOf(name, '--attest'), state: 'attested', message: `attested by ${actor}`, ...by }
}

/** Skipping is allowed, for a reason that everybody can read in the report. */
function skippedLine(text: string, actor: string): Check {
  const [name = '', ...rest] = text.split('=')
  if (rest.length === 0) {
    throw new RunbookError('ConfigInvalid', `--skip takes LINE=reason, and "${text}" has no reason.`, {
      advice: `LINE is one of ${Object.keys(ATTESTATIONS).join(', ')}`,
    })
  }
  const reason = rest.join('=').trim()
  const title = titleOf(name.trim(), '--skip')
  if (reason === '') {
    throw new RunbookError('ConfigInvalid', `Skipping "${name}" needs a reason.`, {
      advice: `--skip ${shellWord(`${name}=why it does not apply this time`)}`,
    })
  }
  const at = new Date().toISOString()
  return { name: name.trim(), title, state: 'skipped', message: `skipped by ${actor}: ${reason}`, actor, at }
}

function refuseUnanswered(missing: readonly Attestation[], { environment }: Target): void {
  const refusal = refusalOfUnanswered(environment, missing)
  if (refusal === undefined) return
  const { message, advice } = refusal
  throw new RunbookError('ConfigInvalid', message, { advice: wordsAt({ environment }, advice) })
}

function titleOf(name: string, option: string): string {
  const title = Object.hasOwn(ATTESTATIONS, name) ? (ATTESTATIONS as Record<string, string>)[name] : undefined
  if (title !== undefined) return title
  const known = Object.keys(ATTESTATIONS)
  throw new RunbookError(
    'ConfigInvalid',
    `There is nothing to attest called "${name}".${didYouMean(name, known)}`,
    {
      advice: `${option} takes: ${known.join(', ')}`,
    },
  )
}

async function checkTests(input: Parameters<typeof collectEvidence>[0]): Promise<Check> {
  const command = testCommandOf(input.project)
  const line = testsCheck(command)
  if (command === undefined) return line
  return prove(line, command, input, {
    begin: "Running the project's tests",
    failed: "The project's tests fail",
    advice: 'Make them pass, then start again. Nothing was started.',
  })
}

/** "PR reviewed and approved", by the command that knows; a person who skips the line with a reason is not overruled. */
async function checkReview(
  answers: readonly Check[],
  input: Parameters<typeof collectEvidence>[0],
): Promise<Check[]> {
  const name: Attestation = 'pull-request-reviewed'
  const command = reviewCommandOf(input.project)
  if (command === undefined || answers.some((one) => one.name === name && one.state === 'skipped')) return []
  const proof = await prove({ name, title: ATTESTATIONS[name] }, command, input, {
    begin: 'Asking whether the pull request was reviewed',
    failed: 'The pull request is not reviewed and approved',
    advice: `Have it approved, then start again; or --skip "${name}=reason". Nothing was started.`,
  })
  return [proof]
}

/** A command of the project whose success is the proof. Throws `ChecksFailed` with the end of its output. */
async function prove(
  line: Pick<Check, 'name' | 'title'>,
  command: string[],
  input: Pick<Parameters<typeof collectEvidence>[0], 'project' | 'signal' | 'onProgress'>,
  words: { begin: string; failed: string; advice: string },
): Promise<Check> {
  const text = command.join(' ')
  input.onProgress(`${words.begin}: ${text}`)
  const { name, title } = line
  const { passed, output, durationMs } = await runProjectCommand({
    command,
    folder: input.project.projectDir,
    signal: input.signal,
    variables: input.project.config.variables,
  })
  if (!passed) {
    throw new RunbookError('ChecksFailed', `${words.failed} (${text}):\n${lastLines(output, 30)}`, {
      advice: words.advice,
    })
  }
  const hash = createHash('sha256').update(output).digest('hex')
  const message = `${text}: passed in ${formatDuration(durationMs)}, output SHA-256 ${hash}`
  return { name, title, state: 'passed', message }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
