import { STEERING } from '../../contract/names.js'
import { shellWord } from '../../text/command.js'

/** How the person said which project, environment and run they mean; what they left out is left out of what we print. */
export interface Typed {
  env?: string
  project?: string
  database?: string
  id?: string
}

const OPTIONS: Record<string, keyof Typed> = {
  '-e': 'env',
  '--env': 'env',
  '-p': 'project',
  '--project': 'project',
  '--database': 'database',
  '--id': 'id',
}

/** Commands that look at one run, whose ID may follow as a word. */
const LOOKS = ['show', 'watch', 'report']
const DECIDES = ['approve', 'reject', 'rollback', 'observe', ...STEERING]
const AT_ENVIRONMENT = [
  ...LOOKS,
  ...DECIDES,
  ...['doctor', 'validate', 'status', 'plan', 'backup', 'lock', 'create', 'create-rollback'],
  ...['start', 'monitor'],
]
const IN_PROJECT = [...AT_ENVIRONMENT, 'dev', 'worker', 'list', 'init']

/** Reads the command line as commander does, for these options only. */
export function typedIn(argv: readonly string[]): Typed {
  const typed: Typed = {}
  for (const [index, word] of argv.entries()) {
    const [name = '', glued] = word.startsWith('--') ? word.split(/=(.*)/s) : [word]
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined
    const value = glued ?? argv[index + 1]
    if (option !== undefined && value !== undefined) typed[option] = value
  }
  const run = argv.slice(1).find((word) => word.startsWith('migration/'))
  if (LOOKS.includes(argv[0] ?? '') && run !== undefined) typed.id = run
  return typed
}

/**
 * Completes every command in a text, so that it works when it is pasted: what was typed to name the project, the environment
 * and the run is needed again by the next command.
 */
export function pasteable(text: string, typed: Typed): string {
  const verbs = IN_PROJECT.join('|')
  const command = new RegExp(
    `\\bd1-runbook (${verbs})(?![\\w-])((?: (?:validate|restore|schedule|check-now))?)`,
    'g',
  )
  return text.replace(command, (found: string, verb: string, _sub: string, offset: number) => {
    const [rest = ''] = text.slice(offset + found.length).split(/[`\n;]|\. | \(|, and /, 1)
    return `${found}${missingFlags(verb, rest, typed)}`
  })
}

/** `rest`: what follows the command in the text, which may hold some of them. */
function missingFlags(verb: string, rest: string, typed: Typed): string {
  const { env, project, database, id } = typed
  const flag = (name: string, value: string | undefined, allowed: readonly string[]): string =>
    value === undefined || rest.includes(name) || !allowed.includes(verb)
      ? ''
      : ` ${name} ${shellWord(value)}`
  const named = id !== undefined && (LOOKS.includes(verb) || DECIDES.includes(verb))
  const run = id === undefined ? '' : LOOKS.includes(verb) ? ` ${shellWord(id)}` : ` --id ${shellWord(id)}`
  return [
    named && !rest.includes('--id') && !/^ migration\//.test(rest) ? run : '',
    named ? '' : flag('--env', env, AT_ENVIRONMENT),
    flag('--database', database, AT_ENVIRONMENT),
    flag('--project', project, IN_PROJECT),
  ].join('')
}
