import type { Target } from '../../contract/target.js'
import { shellWord } from '../../contract/shell.js'
import { command, words, type Words } from '../../contract/next-command.js'

/**
 * What to do about a file that D1's splitter cut apart: the form that passes, or the same bytes by import, which does not split that
 * way. Whoever imports writes the ledger too: the next run then finds the file applied.
 */
export function wayByImport({ database, migrationsTable, wranglerEnv }: Target, file: string): Words {
  const row = `INSERT INTO "${migrationsTable.replaceAll('"', '""')}" (name) VALUES ('${file.replaceAll("'", "''")}');`
  const environment = wranglerEnv === undefined ? '' : ` --env ${shellWord(wranglerEnv)}`
  const run = `npx wrangler d1 execute ${shellWord(database.name)} --remote${environment} --file COPY.sql`
  return words`${command('plan')} shows what cuts the trigger (TR102), and the form to paste. Or let the same bytes pass by import: add the line
${row}
at the end of a copy of the file, then
${run}
and begin again: ${command('start')} finds it applied. An import is no transaction: it runs statement by statement, so no foreign key is deferred from one to the next, the database answers nobody while it runs, and when a statement fails D1 takes all of it back by Time Travel. Make a backup first: ${command('backup')}.`
}
