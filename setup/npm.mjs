import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runCommand } from './command.mjs'

/** npm as a script that Node can run: Windows refuses to start `npm.cmd` without a shell. */
function findNpmScript() {
  const running = process.env.npm_execpath
  if (running && basename(running) === 'npm-cli.js' && existsSync(running)) return running
  const beside = dirname(process.execPath)
  return [
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((path) => existsSync(path))
}

/** @param {string[]} args @param {Parameters<typeof runCommand>[2]} options */
export function runNpm(args, options) {
  const script = findNpmScript()
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  return script === undefined
    ? runCommand('npm', [...args, ...quiet], options)
    : runCommand(process.execPath, [script, ...args, ...quiet], options)
}
