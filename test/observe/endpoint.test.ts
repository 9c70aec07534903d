import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveLooks } from '../../src/observe/endpoint.js'
import { readObserveSettings } from '../../src/observe/settings.js'
import type { Listening } from '../../src/process/listen.js'
import { FORGED_HOSTS, OWN_HOSTS, statusFor } from '../forged-host.js'

const PATHS = ['/healthz', '/readyz', '/metrics']
let asked = 0
const look = async (): Promise<undefined> => {
  asked += 1
}

let server: Listening
beforeAll(async () => {
  const { metrics } = readObserveSettings('127.0.0.1:0', {
    D1_RUNBOOK_HOSTS: 'worker-1, metrics.example.com',
  })
  if (metrics === undefined) throw new Error('nothing is served')
  server = await serveLooks(metrics, {
    health: look,
    ready: look,
    metrics: () => {
      asked += 1
      return Promise.resolve('')
    },
  })
})
afterAll(() => server.close())

describe('a page of a browser learns nothing of a worker', () => {
  test.each(FORGED_HOSTS)('that comes as %j', async (host) => {
    asked = 0
    for (const path of PATHS) expect(await statusFor(`${server.url}${path}`, host)).toBe(403)
    expect(asked).toBe(0)
  })

  test.each(['http://evil.example', 'http://127.0.0.1:8233', 'null'])(
    'whose origin is %s',
    async (origin) => {
      for (const path of PATHS)
        expect(await statusFor(`${server.url}${path}`, 'localhost', { headers: { origin } })).toBe(403)
    },
  )
})

test.each([...OWN_HOSTS, 'worker-1:9464', 'METRICS.example.com'])(
  'who asks as %s is answered',
  async (host) => {
    for (const path of PATHS) expect(await statusFor(`${server.url}${path}`, host)).toBe(200)
  },
)
