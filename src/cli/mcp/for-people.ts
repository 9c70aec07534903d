import { z } from 'zod'
import { GATES } from '../../contract/names.js'
import { isNextCommand, isWords, joined, type NextCommand, type Verb } from '../../contract/next-command.js'
import type { RunView } from '../../contract/run.js'
import { whoLines } from '../../runbook/who-decides.js'

/** Commands that read, or write a draft: what a tool of ours does, too. All others are for people. */
const FOR_AGENTS: ReadonlySet<Verb> = new Set([
  ...([
    'help',
    'validate',
    'status',
    'doctor',
    'list',
    'show',
    'watch',
    'report',
    'plan',
    'charter',
  ] as const),
  ...(['calendar', 'create', 'create-rollback', 'backup validate'] as const),
])

function isForPeople({ command, args }: NextCommand): boolean {
  return !FOR_AGENTS.has(command) || args.includes('--decide')
}

/**
 * An answer as an agent gets it: a command that decides, steers or applies is named in a text as one of people, and stands nowhere as one to
 * type next.
 */
export function forAgents(value: unknown): unknown {
  if (isNextCommand(value)) return isForPeople(value) ? named(value) : value
  if (!Array.isArray(value))
    return typeof value !== 'object' || value === null || 'toJSON' in value
      ? value
      : Object.fromEntries(
          Object.entries(value).map(([name, each]: [string, unknown]) => [
            name,
            name === 'next' && Array.isArray(each)
              ? each.filter((one) => !isNextCommand(one) || !isForPeople(one))
              : forAgents(each),
          ]),
        )
  if (!value.some(isNextCommand) || !isWords(value)) return value.map(forAgents)
  const pieces: readonly (string | NextCommand)[] = value
  return joined(...pieces.map((piece) => (isNextCommand(piece) && isForPeople(piece) ? named(piece) : piece)))
}

function named({ command }: NextCommand): string {
  return `(${command}, a command of people)`
}

export const waitsForSchema = z
  .object({
    gate: z.enum(GATES),
    people: z.array(z.string()).describe('who may decide there, and how to reach them'),
    where: z.string(),
  })
  .describe('the gate at which people decide, and no tool does')

/** What a run waits for that only people give; undefined where no gate is open. */
export function waitsFor({ outcome, gates }: RunView): z.infer<typeof waitsForSchema> | undefined {
  const open = outcome === null ? gates.find(({ state }) => state === 'open') : undefined
  if (open === undefined) return undefined
  const people = open.who === undefined ? [] : whoLines(open.who)
  return {
    gate: open.gate,
    people,
    where: 'People look at the run and decide by themselves, in the console or on their own command line.',
  }
}
