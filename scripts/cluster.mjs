// The topology of docker-compose.yml without containers: PostgreSQL, Temporal's production server, its schemas and namespace by
// the same scripts, and workers. What dies is started again. All of it listens on 127.0.0.1 only.
// usage: node scripts/cluster.mjs --charters FOLDER [--folder FOLDER] [--workers N] [--own-disks]     (until Ctrl-C)
import getPort, { portNumbers } from 'get-port'
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { findPrograms } from './cluster/programs.mjs'
import { Service } from './cluster/service.mjs'
import { nodeFor } from '../setup/build.mjs'
import { packageRoot } from '../setup/places.mjs'

const run = promisify(execFile)

const HOST = '127.0.0.1'
const NAMESPACE = 'd1-runbook'
const RETENTION = '90d'
/** As in docker-compose.yml. */
const SQL = { SQL_PLUGIN: 'postgres12', SQL_HOST: HOST, SQL_USER: 'temporal' }
const PARTS = ['FRONTEND', 'HISTORY', 'MATCHING', 'WORKER']
/**
 * Below those that the system gives to connections: one that is started again finds its port free. Temporal keeps it in a `smallint`
 * besides, and ends where it is above 32767.
 */
const PORTS = { from: 16_000, to: 32_000 }

/**
 * Starts all of it in `folder`, which must be empty or another cluster's. `env`: what the workers get beside it, as their
 * credentials. Throws where a program is missing, naming each.
 * @param {{folder: string, charters: string, env: Record<string, string | undefined>, workers?: number, ownDisks?: boolean, say?: (line: string) => void}} settings
 */
export async function startCluster({ folder, charters, env, workers = 2, ownDisks = false, say = () => {} }) {
  const { programs, missing } = await findPrograms()
  if (missing.length > 0) throw new Error(`A cluster needs what is not here:\n  ${missing.join('\n  ')}`)
  mkdirSync(folder, { recursive: true })
  // The user of PostgreSQL must get through to its own folder.
  chmodSync(folder, 0o711)
  const password = passwordIn(folder)
  const services = []
  const stop = async () => {
    for (const service of services.toReversed()) await service.stop()
  }
  const begin = async (service) => {
    services.push(service)
    await service.start()
    say(`${service.name} serves`)
    return service
  }
  // Should this process end otherwise than by `stop`, nothing of it is left.
  process.once('exit', () => services.forEach(({ child }) => child?.kill('SIGKILL')))
  try {
    const sql = { ...SQL, SQL_PORT: String(await freePort()), SQL_PASSWORD: password }
    const postgresql = await begin(makePostgres(folder, programs, sql))
    await runScript('setup-schema.sh', folder, programs, { ...sql, SCHEMA_DIR: programs.schema })
    const ports = await serverPorts()
    const temporalAt = {
      TEMPORAL_ADDRESS: `${HOST}:${ports.FRONTEND_GRPC_PORT}`,
      TEMPORAL_NAMESPACE: NAMESPACE,
    }
    const temporal = await begin(makeServer(folder, programs, sql, ports))
    await runScript('register-namespace.sh', folder, programs, { ...temporalAt, RETENTION })
    const polling = []
    for (let number = 1; number <= workers; number += 1) {
      const settings = { charters, env: { ...env, ...temporalAt }, ownDisks }
      const worker = await makeWorker(folder, `worker-${number}`, settings)
      polling.push(await begin(worker))
    }
    return { env: temporalAt, postgresql, temporal, workers: polling, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The same at each start in this folder. */
function passwordIn(folder) {
  const file = join(folder, 'password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8')
}

/** As root it runs as somebody else: it refuses to be root. */
function makePostgres(folder, { initdb, postgres }, { SQL_PORT, SQL_USER, SQL_PASSWORD }) {
  const data = join(folder, 'postgresql')
  const owner = process.getuid?.() === 0 ? unprivileged() : {}
  if (!existsSync(join(data, 'PG_VERSION'))) {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const secret = join(folder, 'initdb-password')
    writeFileSync(secret, SQL_PASSWORD, { mode: 0o600 })
    if (owner.uid !== undefined) for (const file of [data, secret]) chownSync(file, owner.uid, owner.gid)
    const auth = ['--auth=scram-sha-256', `--pwfile=${secret}`, `--username=${SQL_USER}`]
    execFileSync(initdb, ['--pgdata', data, '--encoding=UTF8', '--locale=C', ...auth], {
      ...{ ...owner, cwd: data, stdio: 'pipe' },
    })
    rmSync(secret)
  }
  return new Service({
    name: 'postgresql',
    command: postgres,
    args: ['-D', data, '-p', SQL_PORT, '-c', `listen_addresses=${HOST}`, '-c', 'unix_socket_directories='],
    options: { ...owner, cwd: data },
    log: join(folder, 'postgresql.log'),
    ready: async () => answersAt(Number(SQL_PORT)),
    // The children of one that was killed hold its memory for a moment longer.
    startAgain: true,
    // Ends its sessions, and writes a checkpoint.
    stopSignal: 'SIGINT',
  })
}

function unprivileged() {
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, user], { stdio: 'pipe' })),
      )
      return { uid, gid }
    } catch {
      // This machine has no such user.
    }
  }
  throw new Error('PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody.')
}

/** From a random one on: two clusters that start at once look in different places. */
function freePort() {
  const from = PORTS.from + Math.floor((Math.random() * (PORTS.to - PORTS.from)) / 2)
  return getPort({ port: portNumbers(from, PORTS.to), host: HOST })
}

async function serverPorts() {
  const names = [
    ...PARTS.flatMap((part) => [`${part}_GRPC_PORT`, `${part}_MEMBERSHIP_PORT`]),
    'FRONTEND_HTTP_PORT',
  ]
  const ports = {}
  for (const name of names) ports[name] = String(await freePort())
  return ports
}

/** Without a file the server takes its settings from the variables of its image. */
function makeServer(folder, { server, temporal }, { SQL_PORT, SQL_PASSWORD, SQL_USER, SQL_PLUGIN }, ports) {
  const settings = {
    DB: SQL_PLUGIN,
    DB_PORT: SQL_PORT,
    POSTGRES_SEEDS: HOST,
    POSTGRES_USER: SQL_USER,
    POSTGRES_PWD: SQL_PASSWORD,
    BIND_ON_IP: HOST,
    DYNAMIC_CONFIG_FILE_PATH: join(packageRoot, 'docker', 'dynamic-config.yaml'),
    LOG_LEVEL: 'warn',
  }
  const address = `${HOST}:${ports.FRONTEND_GRPC_PORT}`
  return new Service({
    name: 'temporal',
    command: server,
    args: ['--allow-no-auth', 'start'],
    options: { cwd: folder, env: { PATH: process.env.PATH, ...settings, ...ports } },
    log: join(folder, 'temporal.log'),
    ready: () => run(temporal, ['operator', 'cluster', 'health', '--address', address], { timeout: 10_000 }),
    // It ends by itself while its database is away.
    startAgain: true,
  })
}

/** What the container runs. Each has a home of its own, as if it were on another machine; or all have one, as they have one volume there. */
async function makeWorker(folder, name, { charters, env, ownDisks }) {
  const own = join(folder, name)
  const home = ownDisks ? join(own, 'home') : join(folder, 'home')
  for (const one of [own, home]) mkdirSync(one, { recursive: true, mode: 0o700 })
  const look = `${HOST}:${await freePort()}`
  const settings = {
    D1_RUNBOOK_CHARTER: charters,
    D1_RUNBOOK_HOME: home,
    D1_RUNBOOK_PROJECT: own,
    D1_RUNBOOK_METRICS: look,
  }
  return new Service({
    name,
    command: nodeFor(packageRoot),
    args: ['--disable-warning=ExperimentalWarning', join(packageRoot, 'dist', 'src', 'worker.js')],
    options: { cwd: own, env: { PATH: process.env.PATH, HOME: own, ...env, ...settings } },
    log: join(folder, `${name}.log`),
    ready: async () => {
      const answer = await fetch(`http://${look}/readyz`, { signal: AbortSignal.timeout(5_000) })
      if (!answer.ok) throw new Error(await answer.text())
    },
  })
}

/** A script of docker/, with the names that the image gives to the programs. */
async function runScript(name, folder, { sqlTool, temporal }, env) {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  for (const [as, program] of Object.entries({ 'temporal-sql-tool': sqlTool, temporal })) {
    if (!existsSync(join(bin, as))) symlinkSync(resolve(program), join(bin, as))
  }
  await run('/bin/sh', [join(packageRoot, 'docker', name)], {
    env: { PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
    timeout: 300_000,
  })
}

function answersAt(port) {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: HOST }, () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}

async function main() {
  const { values } = parseArgs({
    options: {
      charters: { type: 'string' },
      folder: { type: 'string' },
      workers: { type: 'string', default: '2' },
      'own-disks': { type: 'boolean', default: false },
    },
  })
  if (values.charters === undefined) throw new Error('Name the folder of the charters: --charters FOLDER')
  const folder = resolve(values.folder ?? mkdtempSync(join(tmpdir(), 'd1-runbook-cluster-')))
  const say = (line) => console.error(line)
  const charters = resolve(values.charters)
  const cluster = await startCluster({
    folder,
    charters,
    env: process.env,
    workers: Number(values.workers),
    ownDisks: values['own-disks'],
    say,
  })
  for (const [name, value] of Object.entries(cluster.env)) console.log(`export ${name}=${value}`)
  say(`Files and logs: ${folder}. Ctrl-C stops all of it.`)
  await new Promise((stopped) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stopped)
  })
  await cluster.stop()
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}
