import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError, messageOf } from '../contract/failures.js'
import { runbookConfigSchema, type RunbookConfig } from './schema.js'
import { command, words } from '../contract/next-command.js'
import { keepCode, keptConfig } from './kept-code.js'

export const RUNBOOK_CONFIG_EXTENSIONS = [
  'ts',
  'mts',
  'mjs',
  'js',
  'cjs',
  'json',
  'jsonc',
  'yaml',
  'yml',
] as const

export interface RunbookFile {
  /** Absolute; undefined when the project has none and the defaults hold. */
  file: string | undefined
  config: RunbookConfig
}

export function findRunbookFiles(folder: string): string[] {
  return RUNBOOK_CONFIG_EXTENSIONS.map((extension) =>
    path.join(folder, `runbook.config.${extension}`),
  ).filter((file) => existsSync(file))
}

/** Throws `ConfigInvalid` with one line per problem. */
export async function readRunbookFile(folder: string): Promise<RunbookFile> {
  const [file, second] = findRunbookFiles(folder)
  if (file === undefined) return { file, config: runbookConfigSchema.parse({}) }
  if (second !== undefined) {
    throw new RunbookError(
      'ConfigInvalid',
      `Two configurations: ${path.basename(file)} and ${path.basename(second)}.`,
      {
        advice: `Keep one of them in ${folder}.`,
      },
    )
  }
  const known = await keptConfig(file)
  const raw = known === undefined ? await loadRaw(folder, file) : known.value
  const parsed = runbookConfigSchema.safeParse(raw, { reportInput: true })
  if (parsed.success) return { file, config: parsed.data }
  const [{ describeProblems }, { runbookConfigJsonSchema }] = await Promise.all([
    import('./problems.js'),
    import('./json-schema.js'),
  ])
  const problems = describeProblems(parsed.error, runbookConfigJsonSchema())
  throw new RunbookError(
    'ConfigInvalid',
    `${file} is not valid:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    {
      advice: words`Correct ${path.basename(file)}, then check it: ${command('doctor')}`,
      details: { problems },
    },
  )
}

/** From now on the configuration of this folder is run no more, where it is code: {@link keepCode}. */
export async function keepRunbookFile(folder: string): Promise<() => void> {
  return keepCode(findRunbookFiles(folder), (file) => loadRaw(folder, file))
}

async function loadRaw(folder: string, file: string): Promise<unknown> {
  try {
    // The loader keeps what it read of such a file for as long as the process lives.
    if (path.extname(file) === '.json' && statSync(file).isFile())
      return JSON.parse(withoutMark(await readFile(file, 'utf8')))
    const { loadConfig } = await import('c12')
    const loaded = await loadConfig({
      cwd: folder,
      configFile: file,
      rcFile: false,
      globalRc: false,
      dotenv: false,
      packageJson: false,
      envName: false,
      giget: false,
      extend: false,
      omit$Keys: false,
      // One layer only: the default merge would drop values that are null on purpose.
      merger: (...sources) => sources.find((source) => source !== null && source !== undefined) ?? {},
    })
    return loaded.config
  } catch (cause) {
    const reason = messageOf(cause).split('\n', 1)[0] ?? ''
    throw new RunbookError(
      'ConfigInvalid',
      `${file} cannot be loaded: ${reason.startsWith(`${file}: `) ? reason.slice(file.length + 2) : reason}`,
      {
        advice: 'Correct the file and run the command again.',
        cause,
      },
    )
  }
}

/** Some editors begin a file with a byte order mark. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}
