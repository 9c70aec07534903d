import { isApplied } from './history.js'
import { findingOf, type Rule } from './rule.js'
import { command, words } from '../../contract/next-command.js'

export const sq104: Rule = {
  code: 'SQ104',
  title: 'edited after it was applied',
  severity: 'warning',
  advice: 'Put the file back as it was applied and write a new migration for the change.',
  source: 'Wrangler knows applied files by name only: an edit never runs',
  conflict: true,
  checkHistory: (history) =>
    history.files
      .filter(({ name, sha256 }) => {
        const locked = history.checksums?.[name]
        return (
          locked !== undefined &&
          locked !== sha256 &&
          (history.applied === undefined || isApplied(history, name))
        )
      })
      .map(({ name }) =>
        findingOf(
          sq104,
          'warning',
          { file: name },
          `${name} is not the file that checksums.json knows: the edit will not run where it is applied.`,
          { advice: words`${sq104.advice} ${command('lock')} adopts it as it is.` },
        ),
      ),
}
