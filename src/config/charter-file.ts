import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { charterSchema, type Charter, type CharteredEnvironment } from '../contract/charter.js'
import { messageOf, RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import { oneLineIssues } from './one-line-texts.js'
import { describeProblems } from './problems.js'

/** The charters of a file, or of every `.json` file of a folder. Throws `ConfigInvalid`, naming the file. */
export async function readCharters(file: string): Promise<Charter[]> {
  const files = await charterFiles(file)
  return Promise.all(files.map(readCharter))
}

async function charterFiles(file: string): Promise<string[]> {
  try {
    if (!(await stat(file)).isDirectory()) return [file]
    const names = (await readdir(file)).filter((name) => name.endsWith('.json')).sort()
    if (names.length > 0) return names.map((name) => path.join(file, name))
  } catch (error) {
    throw unreadable(file, isMissing(error) ? 'there is no such file' : messageOf(error))
  }
  throw unreadable(file, 'it is a folder without a .json file')
}

async function readCharter(file: string): Promise<Charter> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw unreadable(file, messageOf(error))
  }
  const { success, data, error } = charterSchema.safeParse(value, { reportInput: true })
  const lines = success ? data.environments.flatMap(oneLineIssuesOf) : []
  if (success && lines.length === 0) return data
  const problems = describeProblems(
    error ?? { issues: lines },
    z.toJSONSchema(charterSchema, { io: 'input' }),
  )
  throw unreadable(file, `\n${problems.map((line) => `  - ${line}`).join('\n')}`)
}

/** Of what stands in messages and prompts; folders are named as their machine has them. */
function oneLineIssuesOf(
  { people, contacts, channels, freezes, monitoring }: CharteredEnvironment,
  index: number,
): ReturnType<typeof oneLineIssues> {
  return oneLineIssues({ people, contacts, channels, freezes, monitoring }, ['environments', index])
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function unreadable(file: string, why: string): RunbookError {
  return new RunbookError('ConfigInvalid', `${file} holds no charter: ${why}`, {
    advice: words`Write it in the project: ${command('charter')} > FILE`,
  })
}
