import type { Command } from 'commander'
import type { Check } from '../../contract/run.js'
import type { App } from '../terminal/app.js'
import { words } from '../../contract/next-command.js'

/** The prerequisites and the runbook's troubleshooting guide, as checks with their fixes. */
export function doctorCommand(app: App, summary: string): Command {
  const examples = [
    'doctor',
    'doctor --env production',
    'doctor --env production --charter production.charter.json',
    'doctor --live',
    'doctor --json',
  ]
  const doctor = app
    .command('doctor', summary, examples)
    .option(
      '--live',
      'hold what d1-runbook assumes of Cloudflare against your account, in a throw-away database: some 90 API calls, 5,000 rows',
    )
    .option('--charter <file>', 'hold the charter that the worker has against this project')
    .option('--out <file>', 'with --live: where what was seen is kept')
  return doctor.action(
    app.action<{ live?: boolean; out?: string; charter?: string }>(async ({ options, output }) => {
      if (options.live === true) {
        const { examineLive } = await import('./doctor-live.js')
        return examineLive(options, output)
      }
      const { examine } = await import('../jobs/doctor-checks.js')
      const checks = await examine(options)
      const success = checks.every(({ state }) => state !== 'failed')
      output.document({ success, environment: options.env, checks })
      if (output.json) return exitCodeOf(checks)
      const { colors } = output
      const marks: Record<Check['state'], string> = {
        passed: colors.green('✔'),
        attested: colors.green('✔'),
        warned: colors.yellow('!'),
        failed: colors.red('✖'),
        skipped: colors.dim('-'),
      }
      for (const { title, state, message, advice } of checks) {
        output.line(`${marks[state]} ${title}: ${message}`)
        if (advice !== undefined && state !== 'passed') output.line(words`  ${colors.cyan('→')} ${advice}`)
      }
      output.line()
      output.line(
        success
          ? colors.green(
              checks.some(({ state }) => state === 'skipped')
                ? 'Ready, as far as was looked: see the lines marked -.'
                : 'Ready.',
            )
          : colors.red('Not ready: see the lines marked ✖.'),
      )
      return exitCodeOf(checks)
    }),
  )
}

/** Without a project and an environment that can be read, nothing else could be examined: that is no finding. */
function exitCodeOf(checks: readonly Check[]): number {
  const failed = checks.filter(({ state }) => state === 'failed').map(({ name }) => name)
  if (failed.length === 0) return 0
  return failed.includes('project') || failed.includes('environment') ? 2 : 1
}
