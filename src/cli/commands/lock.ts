import type { Command } from 'commander'
import type { App } from '../terminal/app.js'
import { openContext, readProjectFiles } from '../../config/context.js'

/** Adopts the history as it is: from now on an edited file is seen. */
export function lockCommand(app: App, summary: string): Command {
  return app.command('lock', summary, ['lock']).action(
    app.action(async ({ options, output }) => {
      const context = await openContext(options, { touchesDatabase: false })
      const files = await readProjectFiles(context)
      const { writeChecksums } = await import('../../d1/migrations/checksums.js')
      const file = await writeChecksums(context.target.migrationsDir, files)
      output.document({
        success: true,
        file,
        migrations: files.map(({ name, sha256 }) => ({ name, sha256 })),
      })
      if (!output.json)
        output.line(`Wrote ${file} with ${files.length} files. Commit it beside the migrations.`)
      return 0
    }),
  )
}
