import { defined } from '../../contract/defined.js'
import { fileURLToPath } from 'node:url'
import type { Plan } from '../../contract/plan.js'
import { runInOwnProcess } from '../../process/own-process.js'
import type { RehearsalReport } from './own-process-entry.js'
import type { RehearseInput } from './rehearse.js'
import { STATEMENT_LIMIT_MS, withoutEndless } from '../replay/statement-watch.js'

const MODULE = fileURLToPath(new URL('./own-process-entry.js', import.meta.url))

/**
 * `rehearseMigrations` in a process of its own: SQLite runs a statement without a pause, and one that never ends would hold
 * up the heartbeat of the activity, Ctrl-C and everything else here. A statement that does not end within `statementLimitMs`
 * is ended, and the rehearsal made again without it: it is an RH102 of the plan then. Throws what `rehearseMigrations` throws.
 */
export async function rehearseInOwnProcess(
  input: Omit<RehearseInput, 'hopeless' | 'onStatement'> & { statementLimitMs?: number },
): Promise<Plan> {
  const { statementLimitMs = STATEMENT_LIMIT_MS, signal, onProgress, ...request } = input
  return withoutEndless('the rehearsal', statementLimitMs, async (watch, hopeless) => {
    const plan = await runInOwnProcess({
      module: MODULE,
      input: { ...request, hopeless },
      ...defined({ signal }),
      onReport: (said, stop) => {
        const report = said as RehearsalReport
        if (report.kind === 'progress') onProgress?.(report.message)
        else watch.follow(report.at, stop)
      },
    })
    return plan as Plan | undefined
  })
}
