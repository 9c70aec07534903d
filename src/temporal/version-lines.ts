import { plain } from '../contract/command-line.js'
import { command, words } from '../contract/next-command.js'
import type { WorkerVersion } from './deployment.js'

/** What a worker of the build `own` says of versions when it polls; `versions` undefined: the server does not know it yet. */
export function versionLines(own: string, versions: readonly WorkerVersion[] | undefined): string[] {
  if (versions === undefined) return [`Version        ${own}: the server does not know it yet`]
  const current = versions.find((one) => one.current)?.buildId
  const mine =
    current === own
      ? `Version        ${own}: new runs come here`
      : plain(
          words`Version        ${own}: it carries its own runs; new ones go to ${current ?? 'no version'} until ${command('worker promote', own)}`,
        )
  const others = versions.filter(({ buildId, openRuns }) => buildId !== own && openRuns > 0)
  return [
    mine,
    ...others.map(
      ({ buildId, openRuns }) =>
        `Needed still   ${buildId}: open workflows on it: ${openRuns}; keep a worker of it`,
    ),
  ]
}
