import type { Command } from 'commander'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { findRunbookFiles } from '../../config/runbook-file.js'
import { configTemplate, type InitAnswers } from '../../config/template.js'
import { RunbookError } from '../../contract/failures.js'
import type { App } from '../terminal/app.js'
import type { Output } from '../terminal/output.js'
import { at, command, words, type CommandPlace } from '../../contract/next-command.js'
import { likelyPlace } from '../jobs/likely-place.js'

interface InitOptions {
  yes?: boolean
  format: string
}

export function initCommand(app: App, summary: string): Command {
  return app
    .command('init', summary, ['init', 'init --yes', 'init --format mjs'], 'none')
    .option('--yes', 'ask nothing, take the defaults')
    .option('--format <ext>', 'ts or mjs', 'ts')
    .action(
      app.action<InitOptions>(async ({ options, output }) => {
        const format = formatOf(options.format)
        const [existing] = findRunbookFiles(options.project)
        if (existing !== undefined) {
          throw new RunbookError('ConfigInvalid', `${existing} is there already.`, {
            advice: words`Edit it, or move it away and run ${command('init')} again.`,
          })
        }
        const { found, below: wranglerConfig } = await wranglerOf(options.project)
        const answers = options.yes === true || !output.interactive ? {} : await ask()
        if (answers === undefined) {
          output.note('Nothing was written.')
          return 3
        }
        const file = path.join(options.project, `runbook.config.${format}`)
        const known = wranglerConfig === undefined ? answers : { ...answers, wranglerConfig }
        await writeNew(file, configTemplate(known, format))
        const missing = found ? [] : [NO_WRANGLER_FILE]
        output.document({ success: true, file, missing })
        for (const line of missing) output.note(line)
        if (!output.json) sayNext(output, file, await likelyPlace(options))
        return 0
      }),
    )
}

function formatOf(format: string): 'ts' | 'mjs' {
  if (format === 'ts' || format === 'mjs') return format
  throw new RunbookError('ConfigInvalid', `--format must be ts or mjs, found "${format}".`, {
    advice: 'JSON and YAML are read too, but cannot carry the comments that init writes.',
  })
}

const NO_WRANGLER_FILE =
  'Missing: a Wrangler file (wrangler.jsonc, wrangler.json or wrangler.toml) with a d1_databases entry, in this folder or below. Without one no command knows a database.'

/** Where this folder has no Wrangler file but one lies below, the config points to it. */
async function wranglerOf(folder: string): Promise<{ found: boolean; below?: string }> {
  const { findWranglerFile, findWranglerFilesBelow } = await import('../../config/wrangler-file.js')
  if (findWranglerFile(folder) !== undefined) return { found: true }
  const [nearest] = await findWranglerFilesBelow(folder)
  if (nearest === undefined) return { found: false }
  return { found: true, below: path.relative(folder, nearest).split(path.sep).join('/') }
}

interface Question {
  name: keyof InitAnswers
  message: string
  placeholder?: string
  initialValue?: string
  /** What is wrong with an answer; undefined where nothing is. */
  check?: (answer: string) => string | undefined
}

function questions(): Question[] {
  return [
    {
      name: 'timeZone',
      message: 'Time zone of the messages?',
      initialValue: localZone(),
      check: (zone) => (isTimeZone(zone) ? undefined : 'No such zone: a name such as Europe/Berlin or UTC'),
    },
    { name: 'teamLead', message: 'Who is the team lead? (empty: later)', placeholder: 'Ada Lovelace' },
    {
      name: 'administrator',
      message: 'Who is the database administrator? (empty: later)',
      placeholder: 'Edgar Codd',
    },
    {
      name: 'healthUrl',
      message: 'Health endpoint of production? (empty: none)',
      placeholder: 'https://example.com/health',
      check: (url) => (isWebAddress(url) ? undefined : 'An address that begins with https:// or http://'),
    },
    { name: 'testCommand', message: 'Command that runs the tests? (empty: none)', placeholder: 'npm test' },
  ]
}

/** Undefined: the person left, and what they had answered by then counts for nothing. */
async function ask(): Promise<InitAnswers | undefined> {
  const { isCancel, text } = await import('@clack/prompts')
  const answers: InitAnswers = {}
  for (const { name, check, ...question } of questions()) {
    const answer = await text({
      ...question,
      defaultValue: '',
      output: process.stderr,
      validate: (given) => (given === undefined || given.trim() === '' ? undefined : check?.(given.trim())),
    })
    if (isCancel(answer)) return undefined
    if (answer.trim() !== '') answers[name] = answer.trim()
  }
  return answers
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

async function writeNew(file: string, content: string): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(content)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

function sayNext(output: Output, file: string, place: CommandPlace): void {
  output.line(`Wrote ${file}`)
  output.line(words`Next: ${at(place, command('doctor'))}`)
}
