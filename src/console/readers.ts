import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import type { Person } from '../contract/policy.js'
import type { RunView } from '../contract/run.js'
import { holdsRole } from '../runbook/people/people.js'
import type { ConsoleRuns } from './runs.js'

/** Environment, or `*` for those without a line: roles, of which whoever reads its runs holds one; none: whoever is signed in. */
export type Readers = Readonly<Record<string, readonly string[]>>

/** Whether somebody may read what is of an environment. */
export type MayRead = (environment: string | null) => boolean

/** `readers` undefined: everybody who is signed in reads all. An environment that they do not name is shown to nobody. */
export function mayReadOf(
  person: string,
  { readers, people }: { readers?: Readers | undefined; people: readonly Person[] },
): MayRead {
  if (readers === undefined) return () => true
  return (environment) => {
    const named = environment !== null && Object.hasOwn(readers, environment) ? environment : '*'
    const roles = Object.hasOwn(readers, named) ? readers[named] : undefined
    return roles !== undefined && holdsRole(person, roles, people)
  }
}

/** The same runs, without those that somebody may not read: these are as if they were not there. */
export function readable(runs: ConsoleRuns, mayRead: MayRead): ConsoleRuns {
  const demand = <View extends Pick<RunView, 'environment'>>(view: View): View => {
    if (!mayRead(view.environment)) throw notThere()
    return view
  }
  const there = async <T>(run: { workflowId: string }, ask: () => Promise<T>): Promise<T> => {
    // Its name says it already: what it would answer, or that nobody does, would tell of it.
    const named = environmentIn(run.workflowId)
    if (named === undefined || !mayRead(named)) throw notThere()
    try {
      return await ask()
    } catch (error) {
      throw error instanceof RunbookError && error.type === 'RunNotFound' ? notThere() : error
    }
  }
  return {
    inbox: (asked) =>
      runs.inbox({
        ...asked,
        mayRead: (environment) => mayRead(environment) && asked.mayRead?.(environment) !== false,
      }),
    list: async (filter) => (await runs.list(filter)).filter(({ environment }) => mayRead(environment)),
    lastRuns: async (of) => (mayRead(of.environment) ? runs.lastRuns(of) : { open: [], last: undefined }),
    predictedSchema: (run) => there(run, () => runs.predictedSchema(run)),
    read: (run) => there(run, async () => demand(await runs.read(run))),
    known: (run, view) =>
      there(run, async () => {
        const input = await runs.known(run, view === undefined ? undefined : demand(view))
        demand(input.view)
        return input
      }),
    peopleOf: (run) => there(run, () => runs.peopleOf(run)),
    decide: async (view, decision) => runs.decide(demand(view), decision),
    async *follow(run, how) {
      for await (const view of runs.follow(run, how)) yield demand(view)
    },
  }
}

/** The same runs as somebody may read them; `whoever`: all people that it may be, each of whom must be one who may. Where `readers` are named, nobody reads nothing. */
export function readableBy(
  whoever: readonly Pick<Person, 'name'>[],
  { runs, ...of }: { runs: ConsoleRuns; readers: Readers | undefined; people: readonly Person[] },
): ConsoleRuns {
  if (of.readers === undefined) return runs
  const each = whoever.map(({ name }) => mayReadOf(name, of))
  return readable(runs, (environment) => each.length > 0 && each.every((mayRead) => mayRead(environment)))
}

/** As `migrationWorkflowId` and `checkoutWorkflowId` make it; undefined for the name of something else. */
function environmentIn(workflowId: string): string | undefined {
  const [kind, ...rest] = workflowId.split('/')
  if (kind !== 'migration' || rest.at(-1) === 'monitoring') return undefined
  if (rest.length > 2 && /^[0-9a-f]{8}$/.test(rest.at(-1) ?? '')) rest.pop()
  return rest.length < 2 ? undefined : rest.slice(0, -1).join('/')
}

function notThere(): RunbookError {
  return new RunbookError('RunNotFound', 'There is no such run, or it is not for you to read.', {
    advice: words`Who reads which environment stands in console.readers of the configuration. All runs: ${command('list')}`,
  })
}
