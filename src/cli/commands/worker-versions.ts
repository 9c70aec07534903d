import type { Command } from 'commander'
import { command, words } from '../../contract/next-command.js'
import { plain } from '../../contract/command-line.js'
import { plural } from '../../text/plural.js'
import { withSession } from '../../client/session.js'
import type { App } from '../terminal/app.js'

/** What a worker says of its version when it polls. */
export function versionLine(own: string, current: string | undefined): string {
  if (current === own) return `Version        ${own}: new runs come here`
  if (current === undefined) return `Version        ${own}: the server does not know it yet`
  return plain(
    words`Version        ${own}: it carries its own runs; new ones go to ${current} until ${command('worker promote', own)}`,
  )
}

export function versionsCommand(app: App): Command {
  return app
    .command('versions', 'the builds of workers, and the runs that still need each', ['worker versions'])
    .action(
      app.action(async ({ options, output }) => {
        const { deploymentOf, readVersions } = await import('../../temporal/deployment.js')
        const name = deploymentOf(process.env, true)?.name ?? ''
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
    .command('promote [build]', 'send new runs to this build (default: of this installation)', [
      'worker promote',
      'worker promote 1.2.0-3f9c2a71bd04',
    ])
    .action(
      app.action(async ({ options, args: [build], output }) => {
        const { deploymentOf, promoteVersion, readVersions } = await import('../../temporal/deployment.js')
        const own = deploymentOf(process.env, true)
        const deployment = { name: own?.name ?? '', buildId: build ?? own?.buildId ?? '' }
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
