import { askGate, askInterrupt, askWayBack } from '../../src/cli/terminal/prompts.js'
import { createOutput } from '../../src/cli/terminal/output.js'
import { command, words } from '../../src/contract/next-command.js'
import { visibleIn } from '../../src/text/visible.js'
import type { RollbackOption } from '../../src/contract/rollback.js'

/** A question as `start --wait` asks it, for a terminal of its own; the word says which. Prints the answer. */
const { signal } = new AbortController()
const { block } = createOutput({ json: false, typed: { environment: 'production' } })
const again = command('show')

const WAYS: RollbackOption[] = (['reverse-migration', 'time-travel', 'restore-backup'] as const).map(
  (strategy) => ({
    ...{ strategy, title: strategy, price: [], command: command('rollback', '--strategy', strategy) },
    available: strategy !== 'time-travel',
  }),
)

// What comes with a run is made visible before it is shown.
const SHOWS = visibleIn([
  'Who: team-lead: Ada Lovelace, +1 555 0100; 田中さくら, @sakura',
  'A name that paints: \u001B[2J\u001B[31mall clear\nApproved by Ada',
  'One row of 32 in list_items has no artwork any more, and what it refers to is not found again by its key',
  words`The reverse migration, to read before you decide: ${command('report', '--open')}`,
])

const QUESTIONS = {
  gate: () =>
    askGate({
      title: 'Migration Plan Review: Confirm migrations to apply to production',
      shows: SHOWS,
      again,
      block,
      signal,
    }),
  way: () => askWayBack({ ways: WAYS, shows: SHOWS, again, block, signal }),
  interrupt: () => askInterrupt(signal),
}

const asked = process.argv[2] as keyof typeof QUESTIONS
console.log(JSON.stringify(await QUESTIONS[asked]()))
