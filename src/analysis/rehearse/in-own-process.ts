import { defined } from '../../contract/defined.js'
import { fileURLToPath } from 'node:url'
import type { Plan } from '../../contract/plan.js'
import { MEMORY, runInOwnProcess } from '../../process/own-process.js'
import type { RehearsalReport } from './own-process-entry.js'
import type { StatementPosition, Unreachable } from '../replay/replay.js'
import type { RehearseInput } from './rehearse.js'
import { STATEMENT_LIMIT_MS, withoutEndless } from '../replay/statement-watch.js'

/** A query of production's has as long as D1 gives it. Milliseconds. */
const QUERY_LIMIT_MS = 30_000
/** Queries that do not end, until none of them is tried any more. */
const ENDLESS_QUERIES = 2

const MODULE = fileURLToPath(new URL('./own-process-entry.js', import.meta.url))

/**
 * `rehearseMigrations` in a process of its own: SQLite runs a statement without a pause, and one that never ends would hold
 * up the heartbeat of the activity, Ctrl-C and everything else here. A statement that does not end within `statementLimitMs`
 * is ended, and the rehearsal made again without it: it is an RH102 of the plan then. So is a query of production's within
 * `queryLimitMs`, which the plan then calls not compared. The same goes for one that takes the process past `memoryLimit` bytes. Throws what
 * `rehearseMigrations` throws, and `SqlRefused` where no statement can be blamed for the memory.
 */
export async function rehearseInOwnProcess(
  input: Omit<RehearseInput, 'hopeless' | 'onStatement' | 'onQuery' | 'endless'> & {
    statementLimitMs?: number
    queryLimitMs?: number
    memoryLimit?: number
  },
): Promise<Plan> {
  const { statementLimitMs = STATEMENT_LIMIT_MS, queryLimitMs = QUERY_LIMIT_MS, ...given } = input
  const { memoryLimit = MEMORY.copy, ...rest } = given
  const { signal, onProgress, ...request } = rest
  return withoutEndless('rehearsal', statementLimitMs, async (watch, hopeless) => {
    const plan = await runInOwnProcess({
      module: MODULE,
      input: {
        ...request,
        hopeless: hopeless.filter(({ query }) => query === undefined),
        endless: endlessQueries(request, hopeless),
      },
      ...defined({ signal }),
      memory: { limit: memoryLimit, exceeded: () => watch.exceeded(memoryLimit) },
      onReport: (said, stop) => {
        const report = said as RehearsalReport
        if (report.kind === 'progress') onProgress?.(report.message)
        else if (report.kind === 'statement') watch.follow(report.at, stop)
        else watch.follow(positionOf(report.sql), stop, queryLimitMs)
      },
    })
    return plan as Plan | undefined
  })
}

function positionOf(query: string | undefined): StatementPosition | undefined {
  return query === undefined ? undefined : { file: '-', line: 1, nth: 0, query }
}

/** Those that did not end; past so many of them all. */
function endlessQueries(
  { traffic }: Pick<RehearseInput, 'traffic'>,
  hopeless: readonly Unreachable[],
): string[] {
  const endless = hopeless.flatMap(({ query }) => query ?? [])
  if (endless.length < ENDLESS_QUERIES || traffic?.state !== 'read') return endless
  return traffic.queries.map(({ sql }) => sql)
}
