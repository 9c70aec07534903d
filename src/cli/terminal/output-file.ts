import { existsSync } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../../contract/failures.js'

/**
 * Makes the folders above a file that a person named for our output, before the work that fills it; outside the current folder they must be
 * there. Throws `ConfigInvalid` where
 * no file can be: the path is a folder, or goes through a file.
 */
export async function prepareOutputFile(option: string, file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined)
  if (there?.isDirectory() === true || file.endsWith('/') || file.endsWith(path.sep))
    throw refusal(option, `${file} is a folder.`, `Name a file in it: ${path.join(file, 'NAME')}`)
  const folder = path.dirname(path.resolve(file))
  const below = path.relative(process.cwd(), folder)
  if ((below.split(path.sep)[0] === '..' || path.isAbsolute(below)) && !existsSync(folder))
    throw refusal(
      option,
      `there is no folder ${folder}.`,
      'Make it, or name a file below the current folder.',
    )
  try {
    await mkdir(path.dirname(file), { recursive: true })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw refusal(option, `${file} cannot be made: part of its path is a file.`, 'Name another path.')
    throw error
  }
}

/** Writes what {@link prepareOutputFile} made room for. */
export async function writeOutputFile(option: string, file: string, text: string): Promise<void> {
  await prepareOutputFile(option, file)
  await writeFile(file, text)
}

function refusal(option: string, what: string, advice: string): RunbookError {
  return new RunbookError('ConfigInvalid', `${option}: ${what}`, { advice })
}
