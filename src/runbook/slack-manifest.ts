import { SLACK_PATH } from '../contract/ask.js'

/** All that our app asks of a workspace: to write into channels that it was invited to. It reads nothing. */
export const SLACK_SCOPES = ['chat:write'] as const

/**
 * The Slack app that `channels` of kind `slack-app` need, as https://docs.slack.dev/reference/app-manifest describes one. `origin`: of the console, without
 * which messages have no buttons.
 */
export function slackManifest(origin: string | undefined): Record<string, unknown> {
  return {
    display_information: {
      name: 'd1-runbook',
      description: 'Tells how a migration of a D1 database goes, and asks for its decisions',
    },
    features: { bot_user: { display_name: 'd1-runbook', always_online: false } },
    oauth_config: { scopes: { bot: [...SLACK_SCOPES] } },
    settings: {
      ...(origin === undefined
        ? {}
        : { interactivity: { is_enabled: true, request_url: `${origin}${SLACK_PATH}` } }),
      org_deploy_enabled: false,
      socket_mode_enabled: false,
      token_rotation_enabled: false,
    },
  }
}
