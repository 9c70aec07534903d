import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../../contract/failures.js'

/**
 * A path that a client gave, absolute: of something that is there, within the project, whatever links lead there. Throws `ConfigInvalid`,
 * which tells nothing of what is outside.
 */
export async function insideProject(projectDir: string, given: string): Promise<string> {
  const [root, found] = await Promise.all([
    realpath(projectDir),
    realpath(path.resolve(projectDir, given)).catch(() => undefined),
  ])
  if (found !== undefined && found.startsWith(root + path.sep)) return found
  throw new RunbookError('ConfigInvalid', `There is no ${JSON.stringify(given)} within the project.`, {
    advice: 'Name a file by its path from the folder of the Wrangler file.',
  })
}
