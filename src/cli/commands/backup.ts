import { Command } from 'commander'
import path from 'node:path'
import { defined } from '../../contract/defined.js'
import type { Price } from '../../contract/price.js'
import { RunbookError } from '../../contract/failures.js'
import { plural } from '../../text/plural.js'
import { visible, visibleIn } from '../../text/visible.js'
import { formatDuration } from '../../text/duration.js'
import type { Opener } from '../../d1/backup/age.js'
import type { RestoredBackup } from '../../d1/backup/restore.js'
import type { Validation } from '../../d1/backup/backup.js'
import { shellWord } from '../../contract/shell.js'
import type { Project } from '../../config/project.js'
import type { Action, App } from '../terminal/app.js'
import { examplesHelp } from '../terminal/help-text.js'
import { archiveFile } from '../jobs/archive-file.js'
import { backupScheduleCommand } from './backup-schedule.js'
import { sealCommand, unsealCommand } from './backup-seal.js'
import { openContext, readProjectFiles } from '../../config/context.js'
import { interruptible } from '../terminal/interrupt.js'
import { storeOf } from '../../config/store.js'
import { keepOf } from './keep-count.js'
import { keepPrivate } from '../../process/private-files.js'
import type { Output } from '../terminal/output.js'
import { at, command, joined, words, type Words } from '../../contract/next-command.js'

interface CreateOptions {
  keep?: string
}

interface IdentityOptions {
  identity?: string
}

interface RestoreOptions extends IdentityOptions {
  to: string
}

const IDENTITY = [
  '--identity <file>',
  'secret key of age that opens a sealed archive; it stays on this machine',
] as const

type Work = Action<object>

/** Runbook step 1: `backup:remote`, `backup:validate`. */
export function backupCommand(app: App, summary: string): Command {
  const create = app
    .command('create', 'export, restore, compare and archive the database (default)', [
      'backup',
      'backup --env production',
    ])
    .option('--keep <count>', 'valid archives to keep of this environment')
    .action(app.action<CreateOptions>(createArchive))
  const validate = app
    .command(
      'validate [zip]',
      'restore an archive (default: the newest) and compare it with its metadata',
      [
        'backup validate',
        'backup validate backups/backup-production-2026-03-01-120000.zip',
        'backup validate --identity key.txt',
      ],
      'all',
    )
    .option(...IDENTITY)
    .action(app.action<IdentityOptions>(validateArchive))
  const restore = app
    .command(
      'restore <zip>',
      'restore an archive into an SQLite file in the folder --to; touches no database of yours',
      ['backup restore backups/backup-production-2026-03-01-120000.zip --to restored'],
    )
    .requiredOption('--to <dir>', 'folder that gets the restored database as an SQLite file')
    .option(...IDENTITY)
    .action(app.action<RestoreOptions>(restoreArchive))
  return new Command('backup')
    .summary(summary)
    .description('Makes a backup when no subcommand is given; takes the options of `backup create` then.')
    .addHelpText(
      'after',
      examplesHelp([
        'backup --env production',
        'backup validate',
        'backup restore backups/backup-production-2026-03-01-120000.zip --to restored',
      ]),
    )
    .addCommand(create, { isDefault: true })
    .addCommand(validate)
    .addCommand(restore)
    .addCommand(sealCommand(app))
    .addCommand(unsealCommand(app))
    .addCommand(backupScheduleCommand(app))
}

const createArchive: Work = async ({ options, output }) => {
  keepPrivate()
  const context = await openContext(options)
  const files = await readProjectFiles(context)
  const { resolveRequestSettings } = await import('../../config/settings.js')
  const { createBackup } = await import('../../d1/backup/backup.js')
  const { priceSentences } = await import('../../runbook/price-words.js')
  const { backupProof, sealedTo } = await import('../../runbook/backup-words.js')
  const keep =
    keepOf(options as CreateOptions) ?? resolveRequestSettings(context.project, options.env).keepBackups
  const { foldersOutside } = await import('../../config/folders.js')
  for (const line of foldersOutside(context.target)) output.note(line)
  const store = await storeOf(context)
  let price: Price | undefined
  const backup = await interruptible((signal) =>
    createBackup({
      target: context.target,
      store,
      files,
      keep,
      signal,
      onProgress: output.note,
      onPrice: (reckoned) => {
        price = reckoned
        for (const line of priceSentences(reckoned, context.target.workersPlan)) output.note(line)
      },
    }),
  )
  output.document({ success: backup.verified, ...backup, ...defined({ price }) })
  if (!output.json) {
    const rows = backup.tables.reduce((sum, table) => sum + table.rows, 0)
    output.line(output.colors.green(`✔ ${visible(backup.file)}`))
    output.line(
      `  ${plural(backup.tables.length, 'table')}, ${plural(rows, 'row')}, restored and compared${backup.durationMs === undefined ? '' : ` in ${formatDuration(backup.durationMs)}`}`,
    )
    output.line(`  SHA-256 ${backup.sha256}`)
    for (const line of [...backupProof(backup), ...sealedTo(backup)]) output.line(`  ${visible(line)}`)
    if (backup.bookmark !== undefined) output.line(`  Time Travel bookmark ${visible(backup.bookmark)}`)
  }
  return backup.verified ? 0 : 1
}

const validateArchive: Work = async ({ options, args: [zip], output, given }) => {
  const { validateBackup } = await import('../../d1/backup/backup.js')
  const environment = given('env') ? options.env : undefined
  const file =
    zip === undefined
      ? await newestArchive(options.project, environment)
      : await archiveFile(zip, () => openContext(options))
  const opener = await openerOf(options)
  const result = await interruptible((signal) => validateBackup({ file, opener, signal }))
  const success = result.valid === true
  output.document({ success, file, ...result })
  if (!output.json) await printValidation(output, file, result)
  // Without its key nobody can say that it is valid, nor that it is not: what is missing is asked for as a missing option is.
  return success ? 0 : result.valid === null ? 2 : 1
}

/** The runbook's `backup:validate` names no environment: the newest archive of any is the one that was just made. */
async function newestArchive(projectDir: string, environment: string | undefined): Promise<string> {
  const { loadProject } = await import('../../config/project.js')
  const project = await loadProject({ projectDir })
  const names = environment === undefined ? [...project.environments.keys()] : [environment]
  const places = await Promise.all(names.map((name) => archivesUnder(project, name)))
  const [newest] = places.flatMap(({ found }) => found).sort((a, b) => b.createdAt.localeCompare(a.createdAt))
  if (newest !== undefined) return newest.open()
  const where = [...new Set(places.map(({ place }) => place))].join(', ')
  const of = environment === undefined ? '' : ` of ${environment}`
  throw new RunbookError('BackupInvalid', `There is no backup${of} in ${where}.`, {
    advice: joined(
      'Make one: ',
      ...names.flatMap((name, index): Words[] => [
        index === 0 ? '' : ', or ',
        words`${at({ environment: name }, command('backup'))}`,
      ]),
    ),
  })
}

interface NamedArchive {
  createdAt: string
  open: () => Promise<string>
}

/** Archives of an environment: those of its database in the store, or those of its name in the folder, whatever the database. */
async function archivesUnder(
  project: Project,
  environment: string,
): Promise<{ place: string; found: NamedArchive[] }> {
  const { findEnvironment, resolveTarget } = await import('../../config/target.js')
  const { backupFolder } = await import('../../config/folders.js')
  const { archivesOf, listArchives } = await import('../../d1/backup/backup.js')
  const found = findEnvironment(project, environment)
  if ((found.settings.storage ?? project.config.storage) === undefined) {
    const dir = backupFolder(project, found)
    const archives = await listArchives({ environment, dir })
    return {
      place: dir,
      found: archives.map(({ file, createdAt }) => ({ createdAt, open: () => Promise.resolve(file) })),
    }
  }
  const target = resolveTarget(project, environment, { allowSharedDatabase: true })
  const archives = archivesOf(target, await storeOf({ project, target }))
  const stored: NamedArchive[] = []
  for await (const { file, createdAt } of archives.list())
    stored.push({ createdAt, open: () => archives.open(file) })
  return { place: archives.place, found: stored }
}

async function openerOf(options: object): Promise<Opener | undefined> {
  const { identity } = options as IdentityOptions
  if (identity === undefined) return undefined
  const { readIdentities } = await import('../../d1/backup/backup.js')
  return readIdentities(identity)
}

/** Names of tables, and all that the metadata says, are of whoever made the archive. */
async function printValidation(output: Output, file: string, given: Validation): Promise<void> {
  const { colors } = output
  const result = visibleIn(given)
  const shown = visible(file)
  if (result.valid === null) {
    output.line(colors.yellow(`? ${shown} is sealed, and whether it restores is not known`))
    output.line('  Its bytes are those that its metadata names.')
    output.line(
      '  Its content was restored and compared before it was sealed, as the metadata says; not now.',
    )
    output.line(`  Sealed to ${result.metadata?.sealed?.recipients.join(', ') ?? ''}`)
    output.line(words`  With the secret key: ${command('backup validate', file, '--identity', 'FILE')}`)
    return
  }
  if (result.valid) {
    output.line(colors.green(`✔ ${shown} restores, and holds what its metadata says`))
    output.line(`  in ${formatDuration(result.durationMs)}`)
    return
  }
  output.line(colors.red(`✖ ${shown} is not valid:`))
  for (const problem of result.problems) output.line(`  - ${problem}`)
  const { archiveEnvironment } = await import('../../d1/backup/archive-names.js')
  output.line(insteadOf(given.metadata?.environment ?? archiveEnvironment(path.basename(file))))
}

/** A backup of another environment than the archive's is no new one of it. */
export function insteadOf(environment: string | undefined): Words {
  const advice = 'Do not proceed with a migration; make a new one'
  return environment === undefined
    ? `${advice}.`
    : words`${advice}: ${at({ environment }, command('backup'))}`
}

const restoreArchive: Work = async ({ options, args: [zip = ''], output }) => {
  keepPrivate()
  const { restoreBackup } = await import('../../d1/backup/backup.js')
  const to = path.resolve((options as unknown as RestoreOptions).to)
  const file = await archiveFile(zip, () => openContext(options))
  const opener = await openerOf(options)
  const restored = await interruptible((signal) => restoreBackup({ file, to, opener, signal }))
  output.document({ success: true, ...restored })
  if (output.json) return 0
  output.line(output.colors.green(`✔ Restored to ${visible(restored.database)}`))
  for (const line of restoredLines(restored, { file, to })) output.line(line)
  return 0
}

/** Works where there is no table yet, too. */
const QUERY = 'SELECT name FROM sqlite_schema'

/** What lies in the folder now, and what may be done with it. */
export function restoredLines(
  { tables, metadata, wranglerConfig }: Pick<RestoredBackup, 'tables' | 'metadata' | 'wranglerConfig'>,
  { file, to }: { file: string; to: string },
): Words[] {
  const { environment, database } = metadata
  const [name, config, folder] = [database.name, wranglerConfig, to].map((word) => shellWord(word))
  return [
    `  an SQLite file with ${plural(tables.length, 'table')}, as the archive says; no database in use was touched`,
    `  beside it the same as a local database of Wrangler, in ${visible(wranglerConfig)} and ${visible(path.join(to, 'v3'))}:`,
    `    wrangler d1 execute ${name} --local --config ${config} --persist-to ${folder} --command "${QUERY}"`,
    words`  What the pending files would do to it: ${at({ environment }, command('plan', '--backup', file))}`,
  ]
}
