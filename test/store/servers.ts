import { execa } from 'execa'
import { startFauxqs } from 'fauxqs'
import getPort from 'get-port'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '../../src/contract/storage.js'
import { temporaryFolder } from '../temporary-folder.js'

export interface S3Server {
  endpoint: string
  region: string
  close: () => Promise<void>
}

export const BUCKET = 'archives'
export const KEY = { RUNBOOK_STORAGE_KEY_ID: 'test-key-id', RUNBOOK_STORAGE_SECRET: 'test-secret-key' }

/** An emulator of the protocol in this process: keeps objects, takes parts and pages, and believes every signature. */
export async function emulator(): Promise<S3Server> {
  const server = await startFauxqs({ port: 0, logger: false, init: { buckets: [BUCKET] } })
  return { endpoint: `http://127.0.0.1:${server.port}`, region: 'us-east-1', close: () => server.stop() }
}

const PROGRAM = 'versitygw'

/** The whole protocol, signatures and checksums too. Undefined where this machine has not the program. */
export const gateway = [process.env['D1_RUNBOOK_TEST_S3_SERVER'], ...places()].find(isProgram)

/** How to have it. */
export const GATEWAY_ADVICE = 'go install github.com/versity/versitygw/cmd/versitygw@latest'

function places(): string[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return [...folders, path.join(homedir(), 'go', 'bin')].map((folder) => path.join(folder, PROGRAM))
}

function isProgram(file: string | undefined): file is string {
  try {
    accessSync(file ?? '', constants.X_OK)
    return true
  } catch {
    return false
  }
}

export async function startGateway(program: string): Promise<S3Server> {
  const data = temporaryFolder()
  mkdirSync(path.join(data, BUCKET))
  const port = await getPort()
  const child = execa(program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', data], {
    env: {
      ROOT_ACCESS_KEY_ID: KEY.RUNBOOK_STORAGE_KEY_ID,
      ROOT_SECRET_ACCESS_KEY: KEY.RUNBOOK_STORAGE_SECRET,
    },
    reject: false,
    stdio: 'ignore',
  })
  const endpoint = `http://127.0.0.1:${port}`
  while ((await fetch(endpoint).catch(() => undefined)) === undefined) await sleep(100)
  return {
    endpoint,
    region: 'us-east-1',
    close: async () => {
      child.kill()
      await child
    },
  }
}

export function storageOf({ endpoint, region }: S3Server, prefix = ''): Extract<Storage, { kind: 's3' }> {
  return {
    ...{ kind: 's3', bucket: BUCKET, endpoint, region, prefix },
    ...{ keyIdEnv: 'RUNBOOK_STORAGE_KEY_ID', secretEnv: 'RUNBOOK_STORAGE_SECRET' },
  }
}
