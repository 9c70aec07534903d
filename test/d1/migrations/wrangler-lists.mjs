// Many `wrangler d1 migrations` commands in one process: Wrangler's own `main`, whole, without the second that each start takes.
// usage: node wrangler-lists.mjs CLI_JS < '[{"cwd": "…", "args": ["d1", …]}]' > '[{"failed": false, "output": "…"}]'
import { readFileSync, writeSync } from 'node:fs'
import Module from 'node:module'
import process from 'node:process'
import { dirname } from 'node:path'

const [, , script] = process.argv
const calls = JSON.parse(readFileSync(0, 'utf8'))

const wrangler = new Module(script)
wrangler.filename = script
wrangler.paths = Module._nodeModulePaths(dirname(script))
const loggers = ['logger', 'logger2'].map((name) => `typeof ${name} === 'undefined' ? {} : ${name}`)
wrangler._compile(
  `${readFileSync(script, 'utf8')}\nmodule.exports = { main, loggers: [${loggers.join(', ')}] };`,
  script,
)

let output = ''
for (const name of ['log', 'info', 'warn', 'error'])
  console[name] = (...values) => {
    output += `${values.join(' ')}\n`
  }
for (const stream of [process.stdout, process.stderr])
  stream.write = (text) => {
    output += text
    return true
  }

const answers = []
for (const { cwd, args } of calls) {
  output = ''
  process.chdir(cwd)
  // A failed query leaves the logger of old versions silent.
  for (const logger of wrangler.exports.loggers) if ('loggerLevel' in logger) logger.loggerLevel = 'log'
  const failed = await wrangler.exports.main(args).then(
    () => false,
    (error) => {
      output += String(error?.message)
      return true
    },
  )
  answers.push({ failed, output })
}
// A pipe takes a part at a time, and none while it is full.
const said = Buffer.from(JSON.stringify(answers))
for (let at = 0; at < said.length;)
  try {
    at += writeSync(1, said, at)
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
process.exit(0)
