import { listRuns } from '../../client/list.js'
import { newestRunOf, runIdOf } from '../../client/run-id.js'
import { withSession } from '../../client/session.js'
import { openContext } from '../../config/context.js'
import type { Project } from '../../config/project.js'
import { at, command, words, wordsAt, type Words } from '../../contract/next-command.js'
import { timeIn } from '../jobs/zone.js'
import { leftUnfinished } from './left-unfinished.js'

/** The run that keeps another one of this environment from being started; undefined where there is none, or that cannot be read. */
export async function runUnderWay(
  { projectDir }: Pick<Project, 'projectDir'>,
  environment: string,
): Promise<string | undefined> {
  try {
    const { target } = await openContext(
      { project: projectDir, env: environment },
      { touchesDatabase: false },
    )
    return await withSession(projectDir, async (session) => {
      const workflowId = await runIdOf(session, target)
      return (await newestRunOf(session, workflowId))?.open === true ? workflowId : undefined
    })
  } catch {
    return undefined
  }
}

/**
 * What a service of this project begins with, a line each: runs under way on its server, which go on by themselves, and of the environments
 * without one a run that an archive was left held by. Said beside what was asked for: what cannot be read is left out.
 */
export async function unfinishedRuns(project: Project): Promise<Words[]> {
  const { projectDir } = project
  const open = await withSession(projectDir, (session) => listRuns(session, { open: true })).catch(() => [])
  const underWay = open.map(
    ({ workflowId, startedAt, phase }) =>
      words`Under way      ${workflowId}, since ${timeIn(project.config.timeZone, startedAt)}${phase === null ? '' : ` (${phase})`}: ${at({ run: workflowId }, command('show'))}`,
  )
  const idle = [...project.environments.keys()].filter(
    (name) => !open.some(({ environment }) => environment === name),
  )
  const left = await Promise.all(
    idle.map(async (environment) => {
      const context = await openContext({ project: projectDir, env: environment }).catch(() => undefined)
      const found = context === undefined ? undefined : await leftUnfinished(context)
      return found === undefined ? [] : [wordsAt({ environment }, words`${environment}: ${found}`)]
    }),
  )
  return [...underWay, ...left.flat()]
}
