import { existsSync } from 'node:fs'
import path from 'node:path'
import { RunbookError, messageOf } from '../contract/failures.js'
import { runbookConfigSchema, type RunbookConfig } from './schema.js'
import { command, words } from '../contract/next-command.js'

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
  const raw = await loadRaw(folder, file)
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

async function loadRaw(folder: string, file: string): Promise<unknown> {
  const { loadConfig } = await import('c12')
  try {
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
