import { z } from 'zod'
import { ask, askAll, tell, type GitHub } from './send.js'

const NEEDS = 'checks: write'

/** https://docs.github.com/rest/checks/runs: characters of `summary` and `text`, annotations of a request. */
export const LONGEST_OUTPUT = 65_535
const MOST_ANNOTATIONS = 50

export type Conclusion = 'success' | 'neutral' | 'failure' | 'action_required' | 'cancelled'

export interface Annotation {
  path: string
  start_line: number
  end_line: number
  annotation_level: 'notice' | 'warning' | 'failure'
  message: string
  title?: string
  raw_details?: string
}

/** Markdown, but for the title. */
export interface CheckOutput {
  title: string
  summary: string
  text?: string
  annotations?: Annotation[]
}

const checkSchema = z.object({
  id: z.number().int().positive(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  external_id: z.string().nullable(),
  started_at: z.string().nullable(),
  html_url: z.string().nullable(),
  output: z.object({
    title: z.string().nullable(),
    summary: z.string().nullable(),
    text: z.string().nullable(),
  }),
})
export type CheckRun = z.infer<typeof checkSchema>

export interface NewCheck {
  name: string
  /** Commit that it is shown at. */
  head: string
  detailsUrl?: string | undefined
}

/** A check that is under way. Its `id` names it from then on. */
export async function beginCheck(github: GitHub, { name, head, detailsUrl }: NewCheck): Promise<CheckRun> {
  const body = {
    ...{ name, head_sha: head, status: 'in_progress', started_at: now() },
    ...(detailsUrl === undefined ? {} : { details_url: detailsUrl }),
  }
  return ask(github, { method: 'POST', path: ['check-runs'], body, needs: NEEDS }, checkSchema)
}

/** Its end. Annotations past the first fifty go ahead of it, since whoever waits for the check reads them when it ends. */
export async function endCheck(
  github: GitHub,
  id: number,
  {
    output,
    conclusion,
    externalId,
  }: { output: CheckOutput; conclusion: Conclusion; externalId?: string | undefined },
): Promise<void> {
  const { annotations = [], ...said } = output
  const change = (body: object): Promise<void> =>
    tell(github, { method: 'PATCH', path: ['check-runs', id], body, needs: NEEDS })
  let from = 0
  for (; annotations.length - from > MOST_ANNOTATIONS; from += MOST_ANNOTATIONS)
    await change({ output: { ...said, annotations: annotations.slice(from, from + MOST_ANNOTATIONS) } })
  await change({
    ...{ status: 'completed', conclusion, completed_at: now() },
    ...(externalId === undefined ? {} : { external_id: externalId }),
    output: { ...said, annotations: annotations.slice(from) },
  })
}

/** Of this name at a commit, the newest first. */
export async function checksAt(github: GitHub, head: string, name: string): Promise<CheckRun[]> {
  const question = {
    path: ['commits', head, 'check-runs'],
    search: { check_name: name, filter: 'all' },
    needs: 'checks: read',
  }
  const page = z.object({ check_runs: z.array(checkSchema) })
  const found = await askAll(github, question, page, ({ check_runs: runs }) => runs)
  return found.filter((check) => check.name === name).sort((one, other) => other.id - one.id)
}

/** GitHub's times have whole seconds. */
function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
