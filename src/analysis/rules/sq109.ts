import { plural } from '../../text/plural.js'
import { findingOf, type Rule } from './rule.js'

export const sq109: Rule = {
  code: 'SQ109',
  title: 'files that Wrangler passes over',
  severity: 'warning',
  advice:
    'Set migrations_pattern of the d1_databases entry so that it names them, such as "MIGRATIONS_DIR/*/migration.sql", or move them to where Wrangler looks. Files that are no migrations can stay.',
  source:
    'Wrangler reads the files of migrations_dir that migrations_pattern names, by default `*.sql` at its top only',
  conflict: true,
  checkHistory: ({ files, overlooked = [] }) => {
    if (overlooked.length === 0) return []
    const shown = overlooked.slice(0, 3).join(', ')
    const more = overlooked.length > 3 ? ` and ${overlooked.length - 3} more` : ''
    // Beside migrations that are read, a folder of other SQL, such as seeds, is usual.
    const meant = files.length === 0 || overlooked.some((name) => name.endsWith('/migration.sql'))
    const are = overlooked.length === 1 ? 'is' : 'are'
    const message = `${plural(overlooked.length, '.sql file')} below migrations_dir ${are} not among the files that Wrangler reads, and will not run: ${shown}${more}.`
    return [findingOf(sq109, meant ? 'warning' : 'info', undefined, message)]
  },
}
