import type { Context } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import type { MigrationRequest } from '../../contract/run.js'
import type { Output } from '../terminal/output.js'
import type { RunOptions } from './run-options.js'
import { startFromCommand } from './start-run.js'

export interface AdoptOptions extends RunOptions {
  through?: string
  dryRun?: boolean
  backup?: string
  project?: string
}

/** Where people are asked before an apply, they are asked before the ledger is written too. Returns the exit code. */
export function adoptThroughGates(context: Context, options: AdoptOptions, output: Output): Promise<number> {
  return startFromCommand(
    context,
    { options, output },
    {
      asked: { adopt: defined({ through: options.through }) },
      documentOf: (request) => nothingSeen(request, options),
      notes: () => [
        `People are asked in ${context.target.environment}: nothing is written before they approve.`,
      ],
    },
  )
}

/** The contract's fields, with what is true by now: nothing was looked at, and so nothing is proven. */
function nothingSeen(request: MigrationRequest, { through }: AdoptOptions): object {
  const why = 'Not looked at yet, nor whether the ledger names it: that is the run that was started.'
  const last = request.files.findIndex(({ name }) => name === through)
  const files = last < 0 ? request.files : request.files.slice(0, last + 1)
  return { decided: false, adopted: [], notProven: files.map(({ name }) => ({ name, why })) }
}
