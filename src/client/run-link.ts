import type { Session } from './session.js'

/** The page of one run in Temporal's UI, whose own IDs hold slashes; undefined where no UI is known. */
export function runLink(
  { uiUrl, namespace }: Pick<Session, 'uiUrl' | 'namespace'>,
  { workflowId, runId }: { workflowId: string; runId: string },
): string | undefined {
  if (uiUrl === undefined) return undefined
  const path = ['namespaces', namespace, 'workflows', workflowId, runId, 'timeline']
  return `${uiUrl.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`
}
