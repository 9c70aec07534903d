import type { Command } from 'commander'
import path from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import type { Finding } from '../../contract/finding.js'
import type { Output } from '../terminal/output.js'
import { prepareOutputFile, writeOutputFile } from '../terminal/output-file.js'

/** true: on standard output, instead of the text for people; else the file that gets it beside that text. */
export interface ReviewOptions {
  sarif?: string | true
  markdown?: string | true
}

/** What a code review reads, on the commands that find something. */
export function reviewOptions(command: Command): Command {
  return command
    .option('--sarif [file]', 'print SARIF 2.1.0 for code scanning, or write it to the file')
    .option('--markdown [file]', 'print a Markdown comment for a pull request, or write it to the file')
}

/**
 * Before the work: standard output takes one document, and every file has a place. Throws `ConfigInvalid` where not.
 */
export async function checkReview(output: Output, { sarif, markdown }: ReviewOptions): Promise<void> {
  const asked = { '--json': output.json, '--sarif': sarif, '--markdown': markdown }
  const printed = Object.entries(asked).flatMap(([option, where]) => (where === true ? [option] : []))
  if (printed.length > 1) {
    const [last = '', first = ''] = printed.toReversed()
    throw new RunbookError('ConfigInvalid', `Standard output takes one of ${first} and ${last}.`, {
      advice: `Give ${last} a file: ${last} findings.${last === '--sarif' ? 'sarif' : 'md'}`,
    })
  }
  for (const [option, where] of Object.entries(asked))
    if (typeof where === 'string') await prepareOutputFile(option, where)
}

/** Writes what was asked for. True when standard output has it, so that nothing else may be there. */
export async function giveReview(
  output: Output,
  { sarif, markdown }: ReviewOptions,
  { findings, migrationsDir }: { findings: Finding[]; migrationsDir: string },
): Promise<boolean> {
  const texts: [string, string | true | undefined, () => Promise<string>][] = [
    ['--sarif', sarif, () => asSarif(findings, migrationsDir)],
    ['--markdown', markdown, () => asMarkdown(findings)],
  ]
  let printed = false
  for (const [option, where, make] of texts) {
    if (where === undefined) continue
    const text = await make()
    if (where !== true) {
      await writeOutputFile(option, where, `${text}\n`)
      output.note(`Wrote ${where}`)
    } else {
      output.verbatim(text)
      printed = true
    }
  }
  return printed
}

/** Code scanning knows files by their path in the repository, in which the command is run. */
async function asSarif(findings: Finding[], migrationsDir: string): Promise<string> {
  const { formatSarif } = await import('../../analysis/findings/sarif.js')
  const below = path.relative(process.cwd(), migrationsDir)
  const known = below.startsWith('..') || path.isAbsolute(below) ? migrationsDir : below
  return formatSarif(findings, { migrationsDir: known === '' ? '.' : known })
}

async function asMarkdown(findings: Finding[]): Promise<string> {
  const { formatMarkdown } = await import('../../analysis/findings/markdown.js')
  return formatMarkdown(findings)
}
