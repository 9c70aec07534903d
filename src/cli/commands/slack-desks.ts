import type { Channel } from '../../contract/announcement.js'
import { readVariable, whyForbidden } from '../../contract/variables.js'
import type { Project } from '../../config/project.js'
import type { SlackDesk } from '../../console/slack-press.js'

type Deciding = Extract<Channel, { kind: 'slack-app' }> & {
  decisions: NonNullable<Extract<Channel, { kind: 'slack-app' }>['decisions']>
}

/** Channels of the configuration whose messages ask for decisions, of whatever environment; each once. */
export function decidingChannels({ config }: Pick<Project, 'config'>): Deciding[] {
  const all = [
    ...config.channels,
    ...Object.values(config.environments).flatMap(({ channels = [] }) => channels),
  ]
  const deciding = all.flatMap((channel) =>
    channel.kind === 'slack-app' && channel.decisions !== undefined
      ? [{ ...channel, decisions: channel.decisions }]
      : [],
  )
  const keyOf = ({ channel, decisions }: Deciding): string => JSON.stringify([channel, decisions])
  return [...new Map(deciding.map((channel) => [keyOf(channel), channel])).values()]
}

/** What a console needs of them; `missing`: variables that are not set here, without which their buttons are refused. */
export function slackDesks(
  project: Pick<Project, 'config'>,
  env: NodeJS.ProcessEnv,
): { desks: SlackDesk[]; missing: string[] } {
  const { variables } = project.config
  const here = { env, variables }
  const missing = new Set<string>()
  const desks = decidingChannels(project).flatMap(({ channel, apiUrlEnv, decisions }) => {
    const { signingSecretEnv } = decisions
    const secret = readVariable(signingSecretEnv, here)
    if (secret === undefined) missing.add(signingSecretEnv)
    const named = apiUrlEnv !== undefined && whyForbidden(apiUrlEnv, variables) === undefined
    const api = named ? readVariable(apiUrlEnv, here) : undefined
    return secret === undefined ? [] : [{ channel, secret, api }]
  })
  return { desks, missing: [...missing] }
}
