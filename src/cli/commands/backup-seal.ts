import type { Command } from 'commander'
import path from 'node:path'
import { openContext } from '../../config/context.js'
import { storeOf } from '../../config/store.js'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import { keepPrivate } from '../../process/private-files.js'
import { plural } from '../../text/plural.js'
import { visible } from '../../text/visible.js'
import type { Action, App } from '../terminal/app.js'
import { interruptible } from '../terminal/interrupt.js'
import { archiveFile } from '../jobs/archive-file.js'

interface UnsealOptions {
  identity: string
  to: string
}

/** What a run does at its end, for the archives of before, and of runs that were ended by force. */
export function sealCommand(app: App): Command {
  return app
    .command('seal', 'seal every archive of the environment that no run needs, where it lies', [
      'backup seal --env production',
    ])
    .action(app.action<object>(seal))
}

/** A readable copy: for all that reads an archive. */
export function unsealCommand(app: App): Command {
  return app
    .command('unseal <zip>', 'write a readable copy of a sealed archive into the folder --to', [
      'backup unseal backups/backup-production-2026-03-01-120000.zip --identity key.txt --to opened',
    ])
    .requiredOption('--identity <file>', 'secret key of age that opens it; it stays on this machine')
    .requiredOption('--to <dir>', 'folder that gets the readable copy')
    .action(app.action<UnsealOptions>(unseal))
}

const seal: Action<object> = async ({ options, output }) => {
  keepPrivate()
  const context = await openContext(options)
  const { backupRecipients: recipients, environment } = context.target
  if (recipients === undefined)
    throw new RunbookError('ConfigInvalid', `${environment} names nobody to seal archives to.`, {
      advice: 'Put public keys of age into `backup.recipients` of the environment.',
    })
  const { archivesOf, sealArchives } = await import('../../d1/backup/backup.js')
  const archives = archivesOf(context.target, await storeOf(context))
  const sealing = await interruptible((signal) =>
    sealArchives({ archives, recipients, signal, onProgress: output.note }),
  )
  const { sealed, already, needed, unreadable } = sealing
  const success = unreadable.length === 0
  output.document({ success, environment, recipients, ...sealing })
  if (output.json) return success ? 0 : 1
  output.line(
    `${plural(sealed.length, 'archive')} sealed, ${already.length} sealed before, in ${visible(archives.place)}`,
  )
  for (const file of needed)
    output.line(`  ${visible(file)} stays readable: a run that has not ended needs it`)
  for (const file of unreadable)
    output.line(output.colors.red(`  ${visible(file)} cannot be read, and stays as it is`))
  if (!success) output.line(words`See what is wrong: ${command('backup validate', unreadable[0] ?? '')}`)
  return success ? 0 : 1
}

const unseal: Action<UnsealOptions> = async ({ options, args: [zip = ''], output }) => {
  keepPrivate()
  const { readIdentities, unsealArchive } = await import('../../d1/backup/backup.js')
  const to = path.resolve(options.to)
  const opener = await readIdentities(options.identity)
  const file = await archiveFile(zip, () => openContext(options))
  const readable = await interruptible((signal) => unsealArchive({ file, to, opener, signal }))
  output.document({ success: true, file: readable, from: file })
  if (!output.json) output.line(output.colors.green(`✔ Readable copy: ${visible(readable)}`))
  return 0
}
