import { execa } from 'execa'
import path from 'node:path'
import { packageRoot } from '../../src/process/package-root.js'
import { buildIfStale } from '../e2e/processes.js'

const LAUNCHER = path.join(packageRoot(), 'bin', 'd1-runbook.mjs')

await buildIfStale()

export interface CliResult {
  code: number | undefined
  stdout: string
  stderr: string
}

/** The command line as a person has it: a process of its own, in `cwd`, without our terminal and our variables. */
export async function runCli(
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<CliResult> {
  const result = await launchCli(args, cwd, env)
  return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr }
}

/** The same, while it runs. */
export function launchCli(args: string[], cwd: string, env: Record<string, string> = {}) {
  return execa(process.execPath, [LAUNCHER, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TEMPORAL_ADDRESS: '127.0.0.1:1', ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 50_000,
  })
}

/** The one JSON document on stdout; anything beside it makes this throw. */
export async function runJson(
  args: string[],
  cwd: string,
): Promise<{ code: number | undefined; json: unknown }> {
  const { code, stdout } = await runCli([...args, '--json'], cwd)
  return { code, json: JSON.parse(stdout) }
}
