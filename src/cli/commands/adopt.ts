import type { Command } from 'commander'
import { didYouMean } from '../../config/closest.js'
import { openContext, readProjectFiles, type Context } from '../../config/context.js'
import type { Adoption, NotProven } from '../../contract/adoption.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { stateFolder } from '../../process/state-folder.js'
import { GATES } from '../../contract/names.js'
import { at, command, words } from '../../contract/next-command.js'
import type { MigrationFile } from '../../contract/target.js'
import { differenceText } from '../../text/adoption.js'
import { plural } from '../../text/plural.js'
import type { App } from '../terminal/app.js'
import { interruptible } from '../terminal/interrupt.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'
import type { Output } from '../terminal/output.js'
import { databaseLine } from '../terminal/target-text.js'
import type { AdoptOptions } from './adopt-through-gates.js'
import { archiveFile } from '../jobs/archive-file.js'
import { copyOfDatabase } from '../jobs/database-copy.js'

/** For a database that was made by `execute --file`, a dashboard or another tool: records the files that it is proven to hold. */
export function adoptCommand(app: App, summary: string): Command {
  return app
    .command('adopt', summary, [
      'adopt --dry-run                       # what is proven, and what differs; writes nothing',
      'adopt --env staging --through 0007_photos.sql',
      'adopt --yes --json',
      'adopt --env production --wait         # as a run, through the gates of an apply',
    ])
    .option('--through <file>', 'ask about the pending files up to this one (default: all)')
    .option('--dry-run', 'prove and report; write nothing')
    .option(
      '--yes',
      'write what is proven without asking (not needed without a terminal, for a database of this machine: there the command is the decision)',
    )
    .option('--wait', 'where people are asked: stay with the run and its prompts, end with its exit code')
    .option('--requester <name>', 'where people are asked: who asks for it')
    .option('--window <a/b>', 'where people are asked: write only inside this window')
    .option('--sign-key <file>', SIGN_KEY_HELP)
    .option('--backup <zip>', 'with --dry-run: compare with this backup instead of a fresh copy')
    .action(
      app.action<AdoptOptions>(async ({ options, output }) => {
        const context = await openContext(options)
        const files = await readProjectFiles(context)
        demandFile(files, options.through)
        const backup = await givenBackup(options, context)
        const dryRun = options.dryRun === true
        const mayWrite = await decidesAlone(context)
        if (!dryRun && !mayWrite) {
          const { adoptThroughGates } = await import('./adopt-through-gates.js')
          return adoptThroughGates(context, options, output)
        }
        const seen = await interruptible((signal) =>
          prove(context, files, { backup, through: options.through, output, signal }),
        )
        if (!output.json) printAdoption(output, context, seen)
        const writes = !dryRun && seen.proven.length > 0
        if (writes) await decide(context, options, output, seen)
        const adopted = writes ? await write(context, seen) : []
        const success = isAnswered(seen, options)
        const checksums = adopted.length > 0 ? await recordFiles(context, files, adopted) : undefined
        output.document({
          success,
          adopted,
          ...defined({ checksums }),
          ...(dryRun ? { provable: seen.proven } : {}),
          notProven: seen.notProven,
          extra: seen.extra,
          edited: seen.edited,
          schemaFingerprint: seen.schemaFingerprint,
          environment: context.target.environment,
          database: context.target.database,
        })
        if (!output.json) await printEnd(output, context, seen, { adopted, dryRun, mayWrite })
        return success ? 0 : 1
      }),
    )
}

async function givenBackup({ backup, dryRun }: AdoptOptions, context: Context): Promise<string | undefined> {
  if (backup === undefined) return undefined
  if (dryRun === true) return archiveFile(backup, () => Promise.resolve(context))
  throw new RunbookError('ConfigInvalid', '--backup goes with --dry-run only.', {
    advice: 'What is written is proven on the database as it is now.',
  })
}

function demandFile(files: MigrationFile[], name: string | undefined): void {
  if (name === undefined || files.some((file) => file.name === name)) return
  const names = files.map((file) => file.name)
  throw new RunbookError('MigrationsNotFound', `There is no migration ${name}.${didYouMean(name, names)}`, {
    advice: words`${command('status')} shows all of them.`,
  })
}

async function prove(
  context: Context,
  files: MigrationFile[],
  options: { backup: string | undefined; through: string | undefined; output: Output; signal: AbortSignal },
): Promise<Adoption> {
  const { backup, through, output, signal } = options
  const { target } = context
  const copy = await copyOfDatabase({ context, files, backup, onProgress: output.note, signal })
  try {
    const { proveInOwnProcess } = await import('../../analysis/adopt/in-own-process.js')
    output.note('Replaying the files on an empty database, to compare')
    return await proveInOwnProcess({
      databaseFile: copy.databaseFile,
      files,
      ledger: copy.ledger.map(({ name }) => name),
      migrationsTable: target.migrationsTable,
      signal,
      ...defined({ through }),
    })
  } finally {
    await copy.remove()
  }
}

/** Whoever may not pass the gates before an apply alone may not write the ledger alone either. */
async function decidesAlone({ target, project }: Context): Promise<boolean> {
  if (target.production) return false
  const { resolveRequestSettings } = await import('../../config/settings.js')
  const { requesterDecidesAlone } = await import('../../runbook/policy.js')
  const { actorOf } = await import('./decide.js')
  const { policy, people } = resolveRequestSettings(project, target.environment)
  const requester = await actorOf({ project: project.projectDir })
  return GATES_BEFORE_APPLY.every((gate) => requesterDecidesAlone({ gate, policy, people, requester }))
}

const GATES_BEFORE_APPLY = GATES.filter((gate) => gate !== 'team-confirmation' && gate !== 'rollback')

async function decide(
  { target }: Context,
  { yes }: AdoptOptions,
  output: Output,
  { proven }: Adoption,
): Promise<void> {
  if (yes === true) return
  if (!output.interactive) {
    // Typed for a database of this machine, the command is the decision; elsewhere it takes a word more.
    if (!target.database.remote) return
    throw new RunbookError('Declined', 'Nobody is here to confirm it: nothing was written.', {
      advice: words`Confirm it: ${command('adopt', '--yes')}`,
    })
  }
  const { askGate } = await import('../terminal/prompts.js')
  const answer = await interruptible((signal) =>
    askGate({
      title: `Write the ledger of ${target.database.name}`,
      shows: [`${plural(proven.length, 'file')} will count as applied, and never run here:`, ...proven],
      block: output.block,
      signal,
    }),
  )
  if (typeof answer === 'object' && answer.decision === 'approve') return
  throw new RunbookError('Declined', 'Declined: nothing was written.', {
    advice: words`To look only: ${command('adopt', '--dry-run')}`,
  })
}

async function write({ target }: Context, seen: Adoption): Promise<string[]> {
  const { adoptLedger } = await import('../../d1/apply/adopt-ledger.js')
  await interruptible((signal) =>
    adoptLedger({
      target,
      names: seen.proven,
      ledgerBefore: seen.ledger,
      schemaFingerprint: seen.schemaFingerprint,
      stageRoot: stateFolder(target.projectDir),
      signal,
    }),
  )
  return seen.proven
}

/** Their bytes are what was proven: an edit of them is seen from now on, where the project keeps checksums. */
async function recordFiles(
  { target }: Context,
  files: MigrationFile[],
  adopted: string[],
): Promise<string | undefined> {
  const { recordChecksums } = await import('../../d1/migrations/checksums.js')
  return recordChecksums(
    target.migrationsDir,
    files.filter(({ name }) => adopted.includes(name)),
  )
}

/**
 * All that was asked for is proven; or, where no end was named, something is, and the rest is pending as any file is: it would run. Where
 * nothing is proven, nothing was done, as a run would say too.
 */
function isAnswered({ proven, notProven }: Adoption, { through }: AdoptOptions): boolean {
  if (notProven.length === 0) return true
  return through === undefined && proven.length > 0 && notProven[0]?.fails === undefined
}

function printAdoption(output: Output, { target }: Context, seen: Adoption): void {
  const { colors } = output
  output.line(databaseLine(target, colors))
  output.line()
  output.line(`Held by the database already (${seen.proven.length}):`)
  for (const name of seen.proven) output.line(`  ${colors.green('✔')} ${name}`)
  if (seen.notProven.length > 0) output.line(`Not proven (${seen.notProven.length}):`)
  for (const { name, why } of seen.notProven) output.line(`  ${colors.yellow('○')} ${name}: ${why}`)
  if (seen.edited.length > 0) output.line('Changed since the files:')
  for (const one of seen.edited) output.line(`  ${differenceText(one)}`)
  if (seen.extra.length > 0) output.line('In the database, and made by no file:')
  for (const { kind, name } of seen.extra) output.line(`  ${kind} ${name}`)
  output.line()
}

async function printEnd(
  output: Output,
  { target }: Context,
  seen: Adoption,
  { adopted, dryRun, mayWrite }: { adopted: string[]; dryRun: boolean; mayWrite: boolean },
): Promise<void> {
  const { environment, migrationsTable } = target
  if (adopted.length > 0)
    output.line(`Recorded ${plural(adopted.length, 'file')} in ${migrationsTable}, as of now.`)
  else if (!dryRun)
    output.line(seen.notProven.length > 0 ? 'Nothing is proven: nothing was written.' : 'Nothing to record.')
  else output.line('Nothing was written.')
  const next = at.bind(undefined, { environment })
  if (dryRun && seen.proven.length > 0) {
    output.line(words`Next: ${next(mayWrite ? command('adopt') : command('adopt', '--wait'))}`)
    return
  }
  const [first] = seen.notProven
  if (first === undefined) return
  if (first.fails === undefined) output.line(words`Next: ${next(command('plan'))}`)
  else for (const line of await deadEnd(first, migrationsTable)) output.line(line)
}

/** Neither proven nor to be run: every command would send people on to another one, so what is left is said here. */
async function deadEnd({ name, fails = '' }: NotProven, migrationsTable: string): Promise<string[]> {
  const { ledgerSql, recordSql } = await import('../../d1/schema/ledger.js')
  // The table may be missing as well.
  const ledger = ledgerSql(migrationsTable).replace(/\s+/g, ' ')
  return [
    `${name} is not proven, and would not run here either (${fails}): it takes a person.`,
    '  If it never ran: change the database or the file, until it runs or is proven.',
    `  If you know that it ran: record it by hand, and it will never run here: ${ledger}; ${recordSql(migrationsTable, name)};`,
  ]
}
