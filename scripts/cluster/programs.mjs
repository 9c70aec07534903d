// The programs of a cluster on this machine: found, never fetched. What is missing is told with how to get it.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findTemporal } from '../../setup/temporal.mjs'

/** The release that is tested: docker-compose.yml runs the same minor version. */
export const SERVER_VERSION = 'v1.31.0'
const DEBIAN = '/usr/lib/postgresql'
const SERVER_MODULE = `go.temporal.io/server@${SERVER_VERSION}`
const INSTALL_SERVER = `go install go.temporal.io/server/cmd/server@${SERVER_VERSION}`
const INSTALL_SQL = `go install go.temporal.io/server/cmd/tools/sql@${SERVER_VERSION}`

/**
 * @typedef {{initdb: string, postgres: string, server: string, sqlTool: string, schema: string, temporal: string}} Programs
 * @returns {Promise<{programs: Programs, missing: string[]}>} `missing`: one line a program, with what brings it; `programs` is whole
 * where there is none
 */
export async function findPrograms(env = process.env) {
  const temporal = await findTemporal('temporal-cli', { env })
  const found = {
    initdb: postgresProgram('initdb', env),
    postgres: postgresProgram('postgres', env),
    server: named(env.TEMPORAL_SERVER) ?? onPath(['temporal-server'], env),
    sqlTool: named(env.TEMPORAL_SQL_TOOL) ?? onPath(['temporal-sql-tool'], env),
    schema: schemaFolder(env),
    temporal,
  }
  const howTo = {
    initdb: 'PostgreSQL (initdb on PATH, or apt-get install postgresql)',
    postgres: 'PostgreSQL (postgres on PATH, or apt-get install postgresql)',
    server: `Temporal's server: ${INSTALL_SERVER}, then TEMPORAL_SERVER=~/go/bin/server`,
    sqlTool: `Temporal's schema tool: ${INSTALL_SQL}, then TEMPORAL_SQL_TOOL=~/go/bin/sql`,
    schema: `Temporal's schema: TEMPORAL_SCHEMA=FOLDER (schema/ of its sources), or go mod download ${SERVER_MODULE}`,
    temporal: "Temporal's command line: npm run setup",
  }
  const missing = Object.keys(howTo).filter((name) => found[name] === undefined)
  return { programs: found, missing: missing.map((name) => howTo[name]) }
}

/** Debian keeps the programs of a server off the PATH; the newest version counts. */
function postgresProgram(name, env) {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : []
  const newestFirst = versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return onPath([name], env) ?? newestFirst.map((one) => join(DEBIAN, one, 'bin', name)).find(isProgram)
}

/** A variable that names nothing is no program: it is told as missing. */
function named(file) {
  return file !== undefined && isProgram(file) ? file : undefined
}

function onPath(names, env) {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram)
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

function schemaFolder(env) {
  if (env.TEMPORAL_SCHEMA !== undefined) {
    return existsSync(join(env.TEMPORAL_SCHEMA, 'postgresql', 'v12')) ? env.TEMPORAL_SCHEMA : undefined
  }
  try {
    // Reads Go's own cache: the build of the server brought it.
    const args = ['mod', 'download', '-json', SERVER_MODULE]
    const said = execFileSync('go', args, {
      env: { ...env, GOPROXY: 'off', GOFLAGS: '-mod=mod' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return join(JSON.parse(said).Dir, 'schema')
  } catch {
    return undefined
  }
}
