import { createHash } from 'node:crypto'
import { didYouMean } from '../config/closest.js'
import type { Project } from '../config/project.js'
import { testCommandOf } from '../config/settings.js'
import { RunbookError } from '../contract/failures.js'
import type { Check } from '../contract/run.js'
import type { Target } from '../contract/target.js'
import { formatDuration } from '../runbook/duration.js'
import { ATTESTATIONS } from '../contract/attestations.js'
import { git, runProjectTests } from './programs.js'

/**
 * What only the checkout knows: the project's tests, the state of git, and what the requester answers for.
 * Throws `ChecksFailed` with the end of the tests' output.
 */
export async function collectEvidence(input: {
  project: Project
  target: Target
  attested: readonly string[]
  /** `NAME=reason`, as typed. */
  skipped: readonly string[]
  /** Lines that the policy of the environment asks for. */
  required: readonly string[]
  actor: string
  signal: AbortSignal
  onProgress: (message: string) => void
}): Promise<Check[]> {
  // Before the project's tests, which may take long.
  const attestations = [
    ...input.attested.map((name) => attestation(name, input.actor)),
    ...input.skipped.map((text) => skippedLine(text, input.actor)),
  ]
  demandAttested(attestations, input)
  return [await checkTests(input), await checkGit(input.target), ...attestations]
}

function attestation(name: string, actor: string): Check {
  const by = { actor, at: new Date().toISOString() }
  return { name, title: titleOf(name, '--attest'), state: 'attested', message: `attested by ${actor}`, ...by }
}

/** Skipping is allowed, for a reason that everybody can read in the report. */
function skippedLine(text: string, actor: string): Check {
  const [name = '', ...rest] = text.split('=')
  const reason = rest.join('=').trim()
  const title = titleOf(name.trim(), '--skip')
  if (reason === '') {
    throw new RunbookError('ConfigInvalid', `Skipping "${name}" needs a reason.`, {
      advice: `--skip "${name}=why it does not apply this time"`,
    })
  }
  const at = new Date().toISOString()
  return { name: name.trim(), title, state: 'skipped', message: `skipped by ${actor}: ${reason}`, actor, at }
}

function demandAttested(
  checks: readonly Check[],
  { required, target }: { required: readonly string[]; target: Target },
): void {
  const missing = required.filter((name) => !checks.some((check) => check.name === name))
  if (missing.length === 0) return
  const titles = missing.map((name) => titleOf(name, '--attest')).join('; ')
  throw new RunbookError('ConfigInvalid', `${target.environment} asks somebody to answer for: ${titles}.`, {
    advice: `${missing.map((name) => `--attest ${name}`).join(' ')}, or --skip "${missing[0] ?? ''}=reason". Nothing was started.`,
  })
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
  const base = { name: 'project-tests', title: 'All tests passing' }
  const command = testCommandOf(input.project)
  if (command === undefined) {
    const advice = 'Set `testCommand` in runbook.config, such as "npm test".'
    return { ...base, state: 'skipped', message: 'no test command is configured', advice }
  }
  const text = command.join(' ')
  input.onProgress(`Running the project's tests: ${text}`)
  const { passed, output, durationMs } = await runProjectTests({
    command,
    folder: input.project.projectDir,
    signal: input.signal,
  })
  if (!passed) {
    throw new RunbookError('ChecksFailed', `The project's tests fail (${text}):\n${lastLines(output, 30)}`, {
      advice: 'Make them pass, then start again. Nothing was started.',
    })
  }
  const hash = createHash('sha256').update(output).digest('hex')
  return {
    ...base,
    state: 'passed',
    message: `${text}: passed in ${formatDuration(durationMs)}, output SHA-256 ${hash}`,
  }
}

async function checkGit(target: Target): Promise<Check> {
  const base = { name: 'git-state', title: 'Migration files are committed' }
  const commit = await git(target.projectDir, ['rev-parse', 'HEAD'])
  if (commit === undefined) return { ...base, state: 'skipped', message: 'not a git repository' }
  const changed = await git(target.projectDir, ['status', '--porcelain', '--', target.migrationsDir])
  if (changed === '') return { ...base, state: 'passed', message: `commit ${commit}` }
  return {
    ...base,
    state: 'warned',
    message: `the migrations folder differs from commit ${commit}`,
    advice: 'Commit the files, so that what was reviewed is what runs.',
  }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
