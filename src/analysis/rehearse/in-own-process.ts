import { defined } from '../../contract/defined.js'
import { fileURLToPath } from 'node:url'
import type { Plan } from '../../contract/plan.js'
import { runInOwnProcess } from '../../process/own-process.js'
import type { RehearsalReport } from './own-process-entry.js'
import type { RehearseInput } from './rehearse.js'
import type { Unreachable, StatementPosition } from '../replay/replay.js'

const MODULE = fileURLToPath(new URL('./own-process-entry.js', import.meta.url))

/** Milliseconds. D1 ends a query after 30 seconds: what takes ten times as long here will not run there. */
const STATEMENT_LIMIT_MS = 5 * 60_000

/**
 * `rehearseMigrations` in a process of its own: SQLite runs a statement without a pause, and one that never ends would hold
 * up the heartbeat of the activity, Ctrl-C and everything else here. A statement that does not end within `statementLimitMs`
 * is ended, and the rehearsal made again without it: it is an RH102 of the plan then. Throws what `rehearseMigrations` throws.
 */
export async function rehearseInOwnProcess(
  input: Omit<RehearseInput, 'hopeless' | 'onStatement'> & { statementLimitMs?: number },
): Promise<Plan> {
  const { statementLimitMs = STATEMENT_LIMIT_MS, ...request } = input
  const first = await rehearseOnce(request, statementLimitMs)
  if (first.plan !== undefined) return first.plan
  const second = await rehearseOnce({ ...request, hopeless: first.hopeless }, statementLimitMs)
  if (second.plan !== undefined) return second.plan
  throw new Error(`the rehearsal never ended: ${second.hopeless.file}, line ${second.hopeless.line}`)
}

type Attempt = { plan: Plan } | { plan: undefined; hopeless: Unreachable }

async function rehearseOnce(
  { signal, onProgress, ...input }: RehearseInput,
  limitMs: number,
): Promise<Attempt> {
  let endless: StatementPosition | undefined
  let watch: NodeJS.Timeout | undefined
  const follow = (at: StatementPosition | undefined, stop: () => void): void => {
    clearTimeout(watch)
    if (at === undefined) return
    watch = setTimeout(() => {
      endless = at
      stop()
    }, limitMs)
  }
  try {
    const plan = await runInOwnProcess({
      module: MODULE,
      input,
      ...defined({ signal }),
      onReport: (said, stop) => {
        const report = said as RehearsalReport
        if (report.kind === 'progress') onProgress?.(report.message)
        else follow(report.at, stop)
      },
    })
    if (plan !== undefined) return { plan: plan as Plan }
    if (endless === undefined) throw new Error('the rehearsal was stopped by nobody')
    return { plan: undefined, hopeless: { ...endless, afterMs: limitMs } }
  } finally {
    clearTimeout(watch)
  }
}
