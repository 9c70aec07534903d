import { expect, test } from 'vitest'
import { childEnvironment } from '../../src/process/child-environment.js'

const env = {
  PATH: '/bin',
  Path: 'C:\\Windows',
  SystemRoot: 'C:\\Windows',
  LC_ALL: 'C',
  https_proxy: 'http://proxy',
  NODE_OPTIONS: '--max-old-space-size=100',
  CLOUDFLARE_API_TOKEN: 'token',
  WRANGLER_LOG: 'debug',
  RUNBOOK_SLACK: 'hook',
  TEMPORAL_API_KEY: 'key',
  POSTGRES_PASSWORD: 'password',
  GH_TOKEN: 'forge',
  DATABASE_URL: 'test',
}
const ORDINARY = ['LC_ALL', 'NODE_OPTIONS', 'PATH', 'Path', 'SystemRoot', 'https_proxy']

test.each([
  [undefined, []],
  ['wrangler' as const, ['CLOUDFLARE_API_TOKEN', 'WRANGLER_LOG']],
  ['project' as const, ['GH_TOKEN']],
])('a child of the kind %s gets what it needs and nothing else', (kind, more) => {
  expect(Object.keys(childEnvironment(kind, { env })).sort()).toEqual([...ORDINARY, ...more].sort())
})

test('what the configuration names comes along', () => {
  expect(childEnvironment('project', { env, named: ['DATABASE_URL', 'MISSING'] })).toMatchObject({
    DATABASE_URL: 'test',
  })
})
