import { execa } from 'execa'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { packageRoot } from '../process/package-root.js'

/** The programs that the set-up finds or fetches: the CLI holds the embedded server, the other one skips time in tests. */
export type TemporalProgram = 'temporal-cli' | 'temporal-test-server'

/** What was found for this process. */
const provided = new Map<TemporalProgram, string>()

/**
 * Absolute path of one of Temporal's programs, fetched into the user's cache when this machine has none. The look-up is
 * the set-up script's, so that script and program never disagree; it takes a tenth of a second when nothing is missing.
 * `onMessage` gets its progress, line by line. Throws `ToolMissing` with every source that was tried.
 */
export async function provideTemporal(
  program: TemporalProgram,
  onMessage: (line: string) => void = () => undefined,
): Promise<string> {
  const known = provided.get(program)
  if (known !== undefined && existsSync(known)) return known
  const script = path.join(packageRoot(), 'setup', 'main.mjs')
  const child = execa(process.execPath, [script, '--only', program, '--print-paths'], {
    reject: false,
    stdin: 'ignore',
  })
  const said: string[] = []
  for await (const line of child.iterable({ from: 'stderr' })) {
    said.push(line)
    if (line.startsWith('set-up: ')) onMessage(line.slice('set-up: '.length))
  }
  const { failed, stdout } = await child
  if (failed) throw missing(program, said)
  const found = (JSON.parse(stdout) as Partial<Record<TemporalProgram, string>>)[program]
  if (found === undefined) throw new Error(`the set-up did not say where ${program} is`)
  provided.set(program, found)
  return found
}

function missing(program: TemporalProgram, said: string[]): RunbookError {
  const advice = said.find((line) => line.startsWith('What to do: '))
  const message = said.filter((line) => line !== advice && !line.startsWith('set-up: '))
  return new RunbookError('ToolMissing', message.join('\n') || `${program} could not be found`, {
    advice: advice?.slice('What to do: '.length) ?? 'Run `npm run setup` to see what is missing.',
  })
}
