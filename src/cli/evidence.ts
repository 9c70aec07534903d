import { createHash } from 'node:crypto'
import { didYouMean } from '../config/closest.js'
import type { Project } from '../config/project.js'
import { testCommandOf } from '../config/settings.js'
import { RunbookError } from '../contract/failures.js'
import type { Check } from '../contract/run.js'
import type { Target } from '../contract/target.js'
import { formatDuration } from '../runbook/duration.js'
import { ATTESTATIONS } from './attestations.js'
import { git, runProjectTests } from './programs.js'

/**
 * What only the checkout knows: the project's tests, the state of git, and what the requester answers for.
 * Throws `ChecksFailed` with the end of the tests' output.
 */
export async function collectEvidence(input: {
  project: Project
  target: Target
  attested: readonly string[]
  actor: string
  signal: AbortSignal
  onProgress: (message: string) => void
}): Promise<Check[]> {
  return [
    await checkTests(input),
    await checkGit(input.target),
    ...input.attested.map((name) => attestation(name, input.actor)),
  ]
}

function attestation(name: string, actor: string): Check {
  const title = (ATTESTATIONS as Record<string, string>)[name]
  if (title !== undefined) {
    return {
      name,
      title,
      state: 'attested',
      message: `attested by ${actor}`,
      actor,
      at: new Date().toISOString(),
    }
  }
  const known = Object.keys(ATTESTATIONS)
  throw new RunbookError(
    'ConfigInvalid',
    `There is nothing to attest called "${name}".${didYouMean(name, known)}`,
    {
      advice: `--attest takes: ${known.join(', ')}`,
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
