import { execa } from 'execa'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { SEARCH_ATTRIBUTES } from '../../src/contract/names.js'

const ROOT = path.join(import.meta.dirname, '..', '..')
const client = await execa('docker', ['compose', 'version'], { reject: false })

test.skipIf(client.failed)(
  'docker compose accepts the file, and refuses it without a database password',
  async () => {
    const config = (env: Record<string, string>) =>
      execa('docker', ['compose', '--file', 'docker-compose.yml', 'config', '--quiet'], {
        cwd: ROOT,
        env,
        reject: false,
      })
    expect((await config({ POSTGRES_PASSWORD: 'x' })).stderr).toBe('')
    expect((await config({ POSTGRES_PASSWORD: '' })).stderr).toContain('POSTGRES_PASSWORD')
  },
)

test('the namespace job registers exactly the search attributes that workflows set', () => {
  const script = readFileSync(path.join(ROOT, 'docker', 'register-namespace.sh'), 'utf8')
  const [, names = ''] = /for attribute in ([^;]+);/.exec(script) ?? []
  expect(names.split(' ')).toEqual([...SEARCH_ATTRIBUTES])
})

test('the cluster without containers sets whatever the file sets for server, schema and namespace', () => {
  const compose = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8')
  const settingsOf = (start: RegExp): string[] => {
    const [, block = ''] = start.exec(compose) ?? []
    return [...block.matchAll(/^ +([A-Z_]+):/gm)].map(([, name = '']) => name)
  }
  const names = [
    settingsOf(/^x-sql: &sql\n((?: {2}\S.*\n)+)/m),
    settingsOf(/^ {2}temporal:\n[^]*?^ {4}environment:\n((?: {6}\S.*\n)+)/m),
    settingsOf(/^ {2}namespace:\n[^]*?^ {4}environment:\n((?: {6}\S.*\n)+)/m),
  ]
  expect(names.map((some) => some.length > 0)).toEqual([true, true, true])
  const script = readFileSync(path.join(ROOT, 'scripts', 'cluster.mjs'), 'utf8')
  for (const name of names.flat()) expect(script).toMatch(new RegExp(`\\b${name}\\b`))
})
