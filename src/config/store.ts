import { keepOutOfGit } from '../process/private-files.js'
import { stateFolder } from '../process/state-folder.js'
import { openStore } from '../store/open-store.js'
import type { Store } from '../store/store.js'
import type { Context } from './context.js'

/** The store of the context's database, as this process reaches it; undefined where none is configured. */
export async function storeOf({ project, target }: Context): Promise<Store | undefined> {
  if (target.storage === undefined) return undefined
  const scratch = stateFolder(project.projectDir)
  await keepOutOfGit(scratch)
  return openStore(target, { env: process.env, variables: project.config.variables, scratch })
}
