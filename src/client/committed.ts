import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Check } from '../contract/run.js'
import type { MigrationFile, Target } from '../contract/target.js'
import { git, gitBytes } from '../process/programs.js'
import { plural } from '../text/plural.js'

const LINE = { name: 'git-state', title: 'Migration files are committed' }
const ADVICE = 'Commit the files, so that what was reviewed is what runs.'

/** Names shown of each kind. */
const SHOWN = 5

/**
 * Passed only where the commit that is checked out holds exactly the bytes of every file that will run. The working tree
 * is not asked: what is ignored, staged, assumed unchanged or rewritten by a filter looks clean there.
 */
export async function checkCommitted(target: Target, files: readonly MigrationFile[]): Promise<Check> {
  // A submodule, or a checkout of its own below the project, answers for its own files.
  const folder = existsSync(target.migrationsDir) ? target.migrationsDir : target.projectDir
  const commit = await git(folder, ['rev-parse', '--verify', 'HEAD^{commit}'])
  if (commit === undefined) {
    const inside = (await git(folder, ['rev-parse', '--is-inside-work-tree'])) === 'true'
    return inside
      ? { ...LINE, state: 'warned', message: 'the git repository has no commit yet', advice: ADVICE }
      : { ...LINE, state: 'skipped', message: 'not known: there is no git repository, or no git here' }
  }
  const untracked: string[] = []
  const different: string[] = []
  for (const file of files) {
    const committed = await bytesIn(commit, folder, file.name)
    if (committed === undefined) untracked.push(file.name)
    else if (sha256(committed) !== file.sha256) different.push(file.name)
  }
  if (untracked.length + different.length === 0)
    return {
      ...LINE,
      state: 'passed',
      commit,
      message: `all ${plural(files.length, 'file')} are in commit ${commit}, byte for byte`,
    }
  const said = [
    ...(untracked.length === 0 ? [] : [`not in commit ${commit}: ${named(untracked)}`]),
    ...(different.length === 0 ? [] : [`other bytes than in commit ${commit}: ${named(different)}`]),
  ]
  return { ...LINE, state: 'warned', message: said.join('; '), advice: ADVICE }
}

/** What the commit holds under this name; a link or a submodule there is no file. */
async function bytesIn(commit: string, folder: string, name: string): Promise<Uint8Array | undefined> {
  // `./` is from the folder on; the mode tells a file from a link and from a submodule.
  const listed = await git(folder, ['ls-tree', commit, '--', `./${name.split(path.sep).join('/')}`])
  const [mode = '', type, object] = (listed ?? '').split(/\s/)
  if (type !== 'blob' || object === undefined || !mode.startsWith('100')) return undefined
  return gitBytes(folder, ['cat-file', 'blob', object])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function named(names: string[]): string {
  const more = names.length - SHOWN
  return `${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
