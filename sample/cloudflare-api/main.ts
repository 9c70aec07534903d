import { defined } from '../../src/contract/defined.js'
import { startCloudflareApi, type DatabaseSeed } from './index.js'

/**
 * The local Cloudflare API as a process: prints the three variables for a shell, then serves until it is stopped.
 * Arguments: `[--dir FOLDER] [--port PORT] [--database NAME=UUID[=SQLITE_FILE]]...`
 */
const { dir, port, databases } = readArguments(process.argv.slice(2))
const api = await startCloudflareApi({
  databases,
  ...defined({ dir, port }),
})
for (const [name, value] of Object.entries(api.env)) console.log(`${name}=${value}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    api.close().catch(console.error)
  })
}

function readArguments(args: string[]): { dir?: string; port?: number; databases: DatabaseSeed[] } {
  const read: { dir?: string; port?: number; databases: DatabaseSeed[] } = { databases: [] }
  for (let at = 0; at < args.length; at += 2) {
    const [option, value] = args.slice(at, at + 2)
    if (value === undefined) throw new Error(`${option ?? ''} needs a value.`)
    if (option === '--dir') read.dir = value
    else if (option === '--port') read.port = Number(value)
    else if (option === '--database') read.databases.push(seedOf(value))
    else throw new Error(`Unknown option ${option ?? ''}.`)
  }
  if (read.databases.length === 0) {
    read.databases.push({ id: '00000000-0000-4000-8000-000000000001', name: 'production' })
  }
  return read
}

function seedOf(text: string): DatabaseSeed {
  const [name = '', id = '', ...file] = text.split('=')
  if (name === '' || id === '') throw new Error(`--database takes NAME=UUID[=SQLITE_FILE], not ${text}.`)
  return file.length === 0 ? { id, name } : { id, name, file: file.join('=') }
}
