// Wrangler commands one after the other in one process: Wrangler's own `main`, whole, without the second that each start takes.
// usage: with IPC, node wrangler-loop.mjs CLI_JS; each message {cwd, args} is answered with {failed, stdout, all}
import { readFileSync } from 'node:fs'
import Module from 'node:module'
import process from 'node:process'
import { dirname } from 'node:path'
import { format } from 'node:util'

const [, , script] = process.argv
// Wrangler closes the way to its own parent when a command is done.
const answer = process.send.bind(process)
process.send = undefined
process.disconnect = () => undefined

const wrangler = new Module(script)
wrangler.filename = script
wrangler.paths = Module._nodeModulePaths(dirname(script))
const loggers = ['logger', 'logger2'].map((name) => `typeof ${name} === 'undefined' ? {} : ${name}`)
wrangler._compile(
  `${readFileSync(script, 'utf8')}\nmodule.exports = { main, loggers: [${loggers.join(', ')}] };`,
  script,
)

const said = { stdout: '', all: '' }
const toStdout = (text) => {
  said.stdout += text
  said.all += text
}
const toStderr = (text) => {
  said.all += text
}
for (const name of ['log', 'info']) console[name] = (...values) => toStdout(`${format(...values)}\n`)
for (const name of ['warn', 'error']) console[name] = (...values) => toStderr(`${format(...values)}\n`)
process.stdout.write = (text) => (toStdout(text), true)
process.stderr.write = (text) => (toStderr(text), true)

process.on('message', async ({ cwd, args }) => {
  Object.assign(said, { stdout: '', all: '' })
  process.chdir(cwd)
  // A failed query leaves the logger of old versions silent.
  for (const logger of wrangler.exports.loggers) if ('loggerLevel' in logger) logger.loggerLevel = 'log'
  const failed = await wrangler.exports.main(args).then(
    () => false,
    (error) => {
      toStderr(String(error?.message))
      return true
    },
  )
  answer({ failed, ...said })
})
