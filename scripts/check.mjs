// Everything about the code that needs no run: format, lint, types, unused code, who may import whom.
// usage: node scripts/check.mjs [NAME...]
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFor } from '../setup/build.mjs'
import { runCommand } from '../setup/command.mjs'
import { packageRoot } from '../setup/places.mjs'
import { setUp } from '../setup/steps.mjs'

const LIMIT_MS = 300_000
const inModules = (...path) => join(packageRoot, 'node_modules', ...path)

const LINTER = inModules('oxlint', 'bin', 'oxlint')
const LINT = ['.', '--type-aware', '--deny-warnings', '--report-unused-disable-directives']

const CHECKS = [
  { name: 'lint', tool: LINTER, args: LINT },
  { name: 'types', tool: inModules('typescript', 'bin', 'tsc'), args: ['-p', '.', '--noEmit'] },
  { name: 'unused', tool: inModules('knip', 'bin', 'knip.js'), args: ['--no-progress'] },
  {
    name: 'rooms',
    tool: inModules('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
    args: ['src', 'sample', 'test', '--config', '.dependency-cruiser.mjs', '--output-type', 'err-long'],
  },
  { name: 'format', tool: inModules('oxfmt', 'bin', 'oxfmt'), args: ['.', '--list-different'] },
]
/** In place of the first two where both are asked for: they read and understand the same program. */
const LINT_AND_TYPES = { name: 'lint and types', tool: LINTER, args: [...LINT, '--type-check'] }

/**
 * Runs the checks and prints the output of those that fail.
 * @param {string[]} [names]
 * @param {{atATime?: number}} [options] by default as many as a small machine has cores
 * @returns {Promise<string[]>} names of the checks that failed
 */
export async function check(names = CHECKS.map(({ name }) => name), { atATime = 2 } = {}) {
  const wanted = CHECKS.filter(({ name }) => names.includes(name))
  const both = wanted.filter(({ name }) => name === 'lint' || name === 'types')
  const waiting = both.length < 2 ? wanted : [LINT_AND_TYPES, ...wanted.filter((one) => !both.includes(one))]
  const failed = []
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!(await runCheck(next))) failed.push(next.name)
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return failed
}

async function runCheck({ name, tool, args }) {
  const started = Date.now()
  const result = await runCommand(nodeFor(packageRoot), [tool, ...args], {
    cwd: packageRoot,
    limitMs: LIMIT_MS,
    label: name,
    say: console.log,
  })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(
    `${result.ok ? 'ok' : 'FAILED'} ${name} (${seconds} s)${result.ok ? '' : `: ${result.reason}\n${result.output}`}`,
  )
  return result.ok
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2)
  const ready = await setUp(['deps'])
  const failed = ready ? await check(names.length > 0 ? names : undefined) : []
  process.exitCode = ready && failed.length === 0 ? 0 : 1
}
