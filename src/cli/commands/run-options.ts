import type { Command } from 'commander'
import { positiveNumber } from '../terminal/positive-number.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'

/** What every command that starts a run may be told. */
export interface RunOptions {
  yes?: boolean
  wait?: boolean
  requester?: string
  window?: string
  timeScale?: number
  signKey?: string
}

/** The options of {@link RunOptions} that read alike in each of those commands; `--window` is for runs that have something to write. */
export function withRunOptions(command: Command): Command {
  return command
    .option('--wait', 'stay with the run, ask the prompts in a terminal, end with its exit code')
    .option('--yes', "record the requester's approval wherever the policy lets them decide alone")
    .option(
      '--requester <name>',
      "who asks for it (default: git's user name, else the account of this machine)",
    )
    .option('--sign-key <file>', SIGN_KEY_HELP)
    .option('--time-scale <n>', 'compress the monitoring schedule n times, for rehearsals', positiveNumber)
}
