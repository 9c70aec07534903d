import { RunbookError } from '../contract/failures.js'
import type { Target } from '../contract/target.js'
import { readVariable, type NamedVariables } from '../contract/variables.js'
import { pathBelow } from '../process/below.js'
import { fetchedBelow } from './fetched.js'
import { folderStore } from './folder-store.js'
import { s3Store } from './s3-store.js'
import type { Store } from './store.js'

/**
 * The store of the target's database; undefined where none is configured, and files lie beside the project. `scratch`: folder of ours on
 * this machine, for copies of what lies elsewhere. Asks nobody yet.
 */
export function openStore(
  { storage, database }: Pick<Target, 'storage' | 'database'>,
  { scratch, ...named }: NamedVariables & { scratch: string },
): Store | undefined {
  const databaseId = database.id
  switch (storage?.kind) {
    case undefined:
      return undefined
    case 'folder':
      return folderStore({ root: storage.path, databaseId })
    case 's3': {
      const { keyIdEnv, secretEnv } = storage
      const key = () => ({
        accessKeyId: demandVariable(keyIdEnv, named),
        secretAccessKey: demandVariable(secretEnv, named),
      })
      return s3Store({ storage, databaseId, key, fetched: fetchedBelow(pathBelow(scratch, 'fetched')) })
    }
  }
}

function demandVariable(name: string, named: NamedVariables): string {
  const value = readVariable(name, named)
  if (value !== undefined) return value
  throw new RunbookError(
    'ConfigInvalid',
    `The bucket of \`storage\` needs the variable ${name}, which is not set here.`,
    {
      advice: `Set ${name} in the environment of this process: it holds half of an S3 API token of the bucket.`,
    },
  )
}
