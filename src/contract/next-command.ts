import { defined } from './defined.js'
import { DEFAULT_ENVIRONMENT } from './names.js'
/**
 * A command that somebody may type next, as a value: it is written out only where it is shown, by who knows the reader's
 * shell, form and place (`src/text/words.ts`). Workflow code imports this file: no Node module, no zod.
 */
export interface NextCommand {
  readonly command: Verb
  /** What follows it, one word of the command line each. */
  readonly args: readonly string[]
  /** `--env`. */
  readonly environment?: string
  /** `--project`. */
  readonly project?: string
  /** `--database`, where the environment has several. */
  readonly database?: string
  /** Workflow ID of the run that is meant, where it is not the one of the environment. */
  readonly run?: string
}

/** A text for people in which the commands are values. Plain text is one too: what was recorded before holds only that. */
export type Words = string | readonly (string | NextCommand)[]

/**
 * The commands, and what each must be told to mean the same thing again: `project` takes `--project`, `environment` also
 * `--env` and `--database`, `run` also a run, `--id` or (`word`) its ID alone. A test holds this against the command line.
 */
export const VERBS = {
  help: 'nothing',
  demo: 'nothing',
  init: 'project',
  dev: 'project',
  worker: 'project',
  'worker versions': 'project',
  'worker promote': 'project',
  serve: 'project',
  enroll: 'project',
  'slack manifest': 'project',
  'codec-server': 'nothing',
  mcp: 'environment',
  'github plan-check': 'environment',
  'github recheck': 'environment',
  'github deployments': 'environment',
  charter: 'environment',
  list: 'project',
  calendar: 'environment',
  doctor: 'environment',
  validate: 'environment',
  status: 'environment',
  plan: 'environment',
  backup: 'environment',
  'backup validate': 'environment',
  'backup restore': 'environment',
  'backup seal': 'environment',
  'backup unseal': 'environment',
  'backup schedule': 'environment',
  lock: 'environment',
  adopt: 'environment',
  create: 'environment',
  'create-rollback': 'environment',
  start: 'environment',
  'adopt-run': 'environment',
  show: 'run as word',
  watch: 'run as word',
  report: 'run as word',
  approve: 'run',
  reject: 'run',
  rollback: 'run',
  abort: 'run',
  supersede: 'run',
  pause: 'run',
  resume: 'run',
  'report-issue': 'run',
  observe: 'run',
  'monitor check-now': 'run',
} as const satisfies Record<string, 'nothing' | 'project' | 'environment' | 'run' | 'run as word'>

export type Verb = keyof typeof VERBS

/** `command('rollback', '--strategy', 'none')`; where it is to be run is added by {@link at}. */
export function command(verb: Verb, ...args: string[]): NextCommand {
  return { command: verb, args }
}

/** Where a command is to be run. */
export type CommandPlace = Pick<NextCommand, 'environment' | 'project' | 'database' | 'run'>

/** Where the commands of a run, or of whatever else is about one database, are to be run. */
export function placeOf({
  environment,
  databaseOption,
}: {
  environment: string
  databaseOption?: string | undefined
}): CommandPlace {
  return { environment, ...defined({ database: databaseOption }) }
}

/** The same command at a place: what it names already stays, and what its verb does not take is left out. */
export function at(place: CommandPlace, next: NextCommand): NextCommand {
  const takes = VERBS[next.command]
  if (takes === 'nothing') return next
  const project = next.project ?? place.project
  const inProject = { ...next, ...defined({ project }) }
  if (takes === 'project') return inProject
  const environment = next.environment ?? place.environment
  // Who typed no environment is in the default one: its database is meant there, too.
  const here = place.environment ?? DEFAULT_ENVIRONMENT
  const elsewhere = next.environment !== undefined && next.environment !== here
  const database = next.database ?? (elsewhere ? undefined : place.database)
  const run = takes === 'environment' ? undefined : (next.run ?? place.run)
  return {
    ...inProject,
    ...defined({ environment, database, run }),
  }
}

/** Every command in `text`, at a place. */
export function wordsAt(place: CommandPlace, text: Words): Words {
  return typeof text === 'string'
    ? text
    : text.map((piece) => (isNextCommand(piece) ? at(place, piece) : piece))
}

/** Template tag: `` words`Make a new backup: ${command('backup')}.` `` Texts that it is given keep their commands. */
export function words(strings: TemplateStringsArray, ...values: (Words | NextCommand | number)[]): Words {
  return joined(...strings.flatMap((text, index) => [text, ...values.slice(index, index + 1)]))
}

/** One text of several. */
export function joined(...parts: (Words | NextCommand | number)[]): Words {
  const pieces: (string | NextCommand)[] = []
  for (const piece of parts.flatMap(piecesOf)) {
    const last = pieces.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece
    else if (piece !== '') pieces.push(piece)
  }
  const [only = '', second] = pieces
  return second === undefined && typeof only === 'string' ? only : pieces
}

/** The commands of a text, in their order. */
export function commandsIn(text: Words): NextCommand[] {
  return typeof text === 'string' ? [] : text.filter(isNextCommand)
}

/** `change` on what is not a command. */
export function mapText(text: Words, change: (plain: string) => string): Words {
  if (typeof text === 'string') return change(text)
  return joined(...text.map((piece) => (typeof piece === 'string' ? change(piece) : piece)))
}

/** Its lines, each with its commands. */
export function linesOf(text: Words): Words[] {
  if (typeof text === 'string') return text.split('\n')
  const lines: Words[] = ['']
  for (const piece of text) {
    const [first, ...more] = typeof piece === 'string' ? piece.split('\n') : []
    lines[lines.length - 1] = joined(lines.at(-1) ?? '', first ?? piece)
    lines.push(...more)
  }
  return lines
}

function piecesOf(part: Words | NextCommand | number): readonly (string | NextCommand)[] {
  if (typeof part === 'number') return [String(part)]
  return typeof part === 'string' || isNextCommand(part) ? [part] : part
}

/** Whether something that came from elsewhere (a failure's details, a recorded history) is a command. */
export function isNextCommand(value: unknown): value is NextCommand {
  if (typeof value !== 'object' || value === null) return false
  const { command: verb, args } = value as { command?: unknown; args?: unknown }
  return typeof verb === 'string' && Object.hasOwn(VERBS, verb) && Array.isArray(args)
}

/** Whether something that came from elsewhere is a text. */
export function isWords(value: unknown): value is Words {
  if (typeof value === 'string') return true
  return Array.isArray(value) && value.every((piece) => typeof piece === 'string' || isNextCommand(piece))
}
