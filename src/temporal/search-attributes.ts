import type { Connection } from '@temporalio/client'
import { shellWord } from '../contract/shell.js'
import { RunbookError } from '../contract/failures.js'
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from '../contract/names.js'

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API (temporal/api/enums/v1/common.proto). */
const KEYWORD = 2

/** What both `Connection` and `NativeConnection` offer of the operator's interface. */
export type OperatorConnection = Pick<Connection, 'operatorService'>

/** Search attributes of ours that the namespace does not know yet. */
export async function missingSearchAttributes(
  connection: OperatorConnection,
  namespace: string,
): Promise<SearchAttributeName[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  return SEARCH_ATTRIBUTES.filter((name) => !Object.hasOwn(customAttributes, name))
}

/**
 * Registers what is missing and returns the names that were added. A workflow that sets an unknown attribute gets
 * stuck, so this runs before the first one. Throws `NotPermitted` where the server leaves it to an administrator, as
 * Temporal Cloud does.
 */
export async function ensureSearchAttributes(
  connection: OperatorConnection,
  namespace: string,
): Promise<SearchAttributeName[]> {
  const missing = await missingSearchAttributes(connection, namespace)
  if (missing.length === 0) return []
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]))
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
  } catch (cause) {
    // Two workers that start together both try; the second one finds the work done.
    if ((await missingSearchAttributes(connection, namespace)).length === 0) return []
    throw new RunbookError(
      'NotPermitted',
      `Temporal refuses to register the search attributes ${missing.join(', ')}`,
      { advice: `Let an administrator of the namespace run: ${registerCommand(missing, namespace)}`, cause },
    )
  }
  return missing
}

function registerCommand(names: SearchAttributeName[], namespace: string): string {
  const flags = names.map((name) => `--name ${name} --type Keyword`).join(' ')
  return `temporal operator search-attribute create --namespace ${shellWord(namespace)} ${flags}`
}
