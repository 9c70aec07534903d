import { plural } from '../../text/plural.js'
import type { Command } from 'commander'
import type { App } from '../terminal/app.js'
import { openContext, readProjectFiles } from '../../config/context.js'

/** Adopts the history as it is: from now on an edited file is seen. */
export function lockCommand(app: App, summary: string): Command {
  return app.command('lock', summary, ['lock']).action(
    app.action(async ({ options, output }) => {
      const context = await openContext(options, { touchesDatabase: false, filesOnly: true })
      const files = await readProjectFiles(context)
      const { readChecksums, writeChecksums } = await import('../../d1/migrations/checksums.js')
      const folder = context.target.migrationsDir
      const adopted = editsAgainst(await readChecksums(folder), files)
      const file = await writeChecksums(folder, files)
      output.document({
        success: true,
        file,
        migrations: files.map(({ name, sha256 }) => ({ name, sha256 })),
        adopted,
      })
      if (output.json) return 0
      for (const { name, was, is } of adopted)
        output.line(`Adopted ${name} as it is: ${was.slice(0, 12)} → ${is?.slice(0, 12) ?? 'no file'}`)
      if (adopted.length > 0)
        output.line(
          'An edit does not run where the file is applied already: a new environment differs from those.',
        )
      output.line(`Wrote ${file} with ${plural(files.length, 'file')}. Commit it beside the migrations.`)
      return 0
    }),
  )
}

/** Files that are no longer what `checksums.json` knew: edited since, or gone. */
function editsAgainst(
  known: Record<string, string> | undefined,
  files: readonly { name: string; sha256: string }[],
): { name: string; was: string; is: string | null }[] {
  const now = new Map(files.map(({ name, sha256 }) => [name, sha256]))
  return Object.entries(known ?? {})
    .map(([name, was]) => ({ name, was, is: now.get(name) ?? null }))
    .filter(({ was, is }) => was !== is)
}
