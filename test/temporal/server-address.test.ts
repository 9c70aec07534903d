import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { resolveServer, unreachable } from '../../src/temporal/server-address.js'

let projectDir: string

beforeEach(() => {
  projectDir = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-address-'))
  vi.stubEnv('TEMPORAL_CONFIG_FILE', path.join(projectDir, 'none.toml'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(projectDir, { recursive: true })
})

test('what the caller names wins over the variables, which win over the usual place', () => {
  const usual = resolveServer({ projectDir })
  expect(usual).toMatchObject({ address: 'localhost:7233', namespace: 'default', source: 'default' })
  vi.stubEnv('TEMPORAL_ADDRESS', 'configured:7233')
  vi.stubEnv('TEMPORAL_NAMESPACE', 'team')
  expect(resolveServer({ projectDir })).toMatchObject({ address: 'configured:7233', namespace: 'team' })
  const named = resolveServer({ projectDir, address: 'named:7233' })
  expect(named).toMatchObject({ address: 'named:7233', namespace: 'team', source: 'named' })
  expect(named.connectionOptions.address).toBe('named:7233')
  expect(resolveServer({ projectDir, namespace: 'other' })).toMatchObject({
    address: 'configured:7233',
    namespace: 'other',
  })
})

test('a key of the variables goes with a named address too', () => {
  vi.stubEnv('TEMPORAL_API_KEY', 'secret')
  expect(resolveServer({ projectDir, address: 'named:7233' }).connectionOptions).toMatchObject({
    apiKey: 'secret',
  })
})

test('a server that does not answer is named with what the one who named it can do', () => {
  const adviceFor = (choice: { address?: string }): string =>
    unreachable(resolveServer({ projectDir, ...choice }), new Error('refused')).advice
  expect(adviceFor({})).toContain('d1-runbook dev')
  expect(adviceFor({ address: 'named:7233' })).toContain('address that was given')
  vi.stubEnv('TEMPORAL_ADDRESS', 'configured:7233')
  expect(adviceFor({})).toContain('TEMPORAL_ADDRESS')
})
