import { z } from 'zod'
import { readFileSync } from 'node:fs'
import { ALL_LIMITS } from './engine.js'
import { goldenSchema, switchesOf } from './golden.js'
import { startCloudflareApi, type CloudflareApiOptions, type DatabaseSeed } from './index.js'
import { DEFAULT_RATE_LIMIT, GRAPHQL_RATE_LIMIT } from './rate-limit.js'
import { ALL_FAULTS } from './splitter.js'

const HELP = `Usage: node main.js [options]

  --dir FOLDER                    keep the databases there (default: a temporary folder)
  --port PORT                     default: any free one
  --database NAME=UUID[=FILE]     a database, from an SQLite file; may be given several times
  --as FILE                       be as doctor --live saw an account (its JSON file); an option behind it counts more
  --token-owner user|account      whose the token is
  --token-permission edit|read    what it may do
  --import-mode statement|chunk|transaction
  --plan free|paid                rows that may be read and written a day
  --splitter LIST                 which triggers a query cuts apart: ${Object.keys(ALL_FAULTS).join(',')} or none
  --rate-limit CALLS              calls in five minutes
  --graphql-limit CALLS           questions to GraphQL in five minutes
  --export-hold-ms MS             how long an abandoned export keeps its database; 0: an export keeps nobody out
  --import-hold-ms MS             after how long without a poll an import is taken back; 0: it keeps nobody out and stays
  --import-again started|uploaded what an init with the etag of an earlier file does
  --query-mode transaction|statement
  --commit-failure hidden|told    what is said of a COMMIT that breaks a deferred key
  --engine LIST                   which limits of D1's engine it has: ${Object.keys(ALL_LIMITS).join(',')} or none`

/**
 * The local Cloudflare API as a process: prints the three variables for a shell, then serves until it is stopped.
 * Arguments: `[--dir FOLDER] [--port PORT] [--database NAME=UUID[=SQLITE_FILE]]...` and the switches of the README.
 */
const given = process.argv.slice(2)
if (given.includes('--help')) console.log(HELP)
else await serve(readArguments(given))

async function serve(options: CloudflareApiOptions): Promise<void> {
  const api = await startCloudflareApi(options)
  for (const [name, value] of Object.entries(api.env)) console.log(`${name}=${value}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      api.close().catch(console.error)
    })
  }
}

function readArguments(args: string[]): CloudflareApiOptions {
  const databases: DatabaseSeed[] = []
  let read: CloudflareApiOptions = { databases }
  for (let at = 0; at < args.length; at += 2) {
    const [option = '', value] = args.slice(at, at + 2)
    if (value === undefined) throw new Error(`${option} needs a value.`)
    if (option === '--database') databases.push(seedOf(value))
    else read = { ...read, ...switched(option, value) }
  }
  if (databases.length === 0)
    databases.push({ id: '00000000-0000-4000-8000-000000000001', name: 'production' })
  return read
}

function switched(option: string, value: string): Partial<CloudflareApiOptions> {
  switch (option) {
    case '--dir':
      return { dir: value }
    case '--port':
      return { port: Number(value) }
    case '--token-owner':
      return { tokenOwner: z.enum(['user', 'account']).parse(value) }
    case '--token-permission':
      return { tokenPermission: z.enum(['edit', 'read']).parse(value) }
    case '--import-mode':
      return { importMode: z.enum(['statement', 'chunk', 'transaction']).parse(value) }
    case '--plan':
      return z.enum(['free', 'paid']).parse(value) === 'paid' ? { dayRows: null } : {}
    case '--rate-limit':
      return { rateLimit: { ...DEFAULT_RATE_LIMIT, calls: Number(value) } }
    case '--graphql-limit':
      return { graphqlLimit: { ...GRAPHQL_RATE_LIMIT, calls: Number(value) } }
    case '--import-hold-ms':
      return { importHoldMs: Number(value) }
    case '--import-again':
      return { importAgain: z.enum(['started', 'uploaded']).parse(value) }
    case '--query-mode':
      return { queryMode: z.enum(['transaction', 'statement']).parse(value) }
    case '--commit-failure':
      return { commitFailure: z.enum(['hidden', 'told']).parse(value) }
    case '--engine':
      return { engine: chosen(ALL_LIMITS, value) }
    case '--as':
      return switchesOf(goldenSchema.parse(JSON.parse(readFileSync(value, 'utf8'))))
    case '--export-hold-ms':
      return { exportHoldMs: Number(value) }
    case '--splitter':
      return { splitter: chosen(ALL_FAULTS, value) }
    default:
      throw new Error(`Unknown option ${option}.`)
  }
}

/** A list of names as switches: those that it names are on, all others off. Throws for a name that there is not. */
function chosen<Name extends string>(
  all: Record<Name, boolean>,
  list: string,
): Partial<Record<Name, boolean>> {
  const names = Object.keys(all) as Name[]
  const on = z.array(z.enum(names)).parse(list === 'none' ? [] : list.split(','))
  return Object.fromEntries(names.map((name) => [name, on.includes(name)])) as Partial<Record<Name, boolean>>
}

function seedOf(text: string): DatabaseSeed {
  const [name = '', id = '', ...file] = text.split('=')
  if (name === '' || id === '') throw new Error(`--database takes NAME=UUID[=SQLITE_FILE], not ${text}.`)
  return file.length === 0 ? { id, name } : { id, name, file: file.join('=') }
}
