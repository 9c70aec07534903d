import { packageRoot } from '../../src/process/package-root.js'
import { runCliWith } from '../cli/run-cli.js'
import { inherited, type Ended } from './processes.js'

/**
 * A command of the built command line in this process, where what it answers is the point: at a tenth of the price of a process. Its
 * variables are what {@link launch} would give it. While it runs nobody else of this process may: await it.
 */
export async function here(args: string[], env: Record<string, string>): Promise<Awaited<Ended>> {
  const { code, ...said } = await runCliWith(args, packageRoot(), { ...inherited(), ...env })
  return { exitCode: code, ...said }
}
