import type { Command } from 'commander'
import { plural } from '../../text/plural.js'
import { withSession } from '../../client/session.js'
import type { App } from '../terminal/app.js'

export function versionsCommand(app: App): Command {
  return app
    .command(
      'versions',
      'the builds of workers, and the runs that still need each',
      ['worker versions'],
      'none',
    )
    .action(
      app.action(async ({ options, output }) => {
        const { deploymentName, readVersions } = await import('../../temporal/deployment.js')
        const name = deploymentName(process.env)
        const versions = await withSession(options.project, ({ client }) => readVersions(client, name))
        output.document({ success: true, deployment: name, versions })
        if (output.json) return 0
        if (versions.length === 0) output.line(`No worker of a version of ${name} ever polled.`)
        for (const { buildId, current, openRuns } of versions) {
          const needs = openRuns === 0 ? 'no run needs it' : `${plural(openRuns, 'workflow')} under way on it`
          output.line(`${current ? '*' : ' '} ${buildId}  ${needs}${current ? '; new runs go here' : ''}`)
        }
        return 0
      }),
    )
}

export function promoteCommand(app: App): Command {
  return app
    .command(
      'promote [build]',
      'send new runs to this build (default: of this installation)',
      ['worker promote', 'worker promote 1.2.0-3f9c2a71bd04'],
      'none',
    )
    .action(
      app.action(async ({ options, args: [build], output }) => {
        const { deploymentName, deploymentOf, ownBuildId, promoteVersion, readVersions } =
          await import('../../temporal/deployment.js')
        const buildId = build ?? deploymentOf(process.env, true)?.buildId ?? ownBuildId()
        const deployment = { name: deploymentName(process.env), buildId }
        const versions = await withSession(options.project, async ({ client }) => {
          await promoteVersion(client, deployment)
          return readVersions(client, deployment.name)
        })
        output.document({ success: true, ...deployment, versions })
        if (!output.json) output.line(`New runs go to ${deployment.buildId}.`)
        for (const { buildId, current, openRuns } of versions)
          if (!current && openRuns > 0)
            output.note(`Keep a worker of ${buildId}: ${plural(openRuns, 'workflow')} under way on it.`)
        return 0
      }),
    )
}
