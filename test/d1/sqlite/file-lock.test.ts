import { execa } from 'execa'
import { once } from 'node:events'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { takeFileLock } from '../../../src/d1/sqlite/file-lock.js'
import { buildIfStale, builtModule } from '../../e2e/processes.js'
import { temporaryFolder } from '../../temporary-folder.js'

const MODULE = builtModule('src/d1/sqlite/file-lock.js')

beforeAll(buildIfStale)

test('one holds a lock, and the next one when it is given back', () => {
  const file = path.join(temporaryFolder(), 'deep', 'a.lock')
  const first = takeFileLock(file)
  expect(first).toBeDefined()
  expect(takeFileLock(file)).toBeUndefined()
  expect(takeFileLock(`${file}2`)).toBeDefined()
  first?.release()
  first?.release()
  expect(takeFileLock(file)).toBeDefined()
})

test('a holder that is killed leaves nothing that could be taken for a lock', async () => {
  const file = path.join(temporaryFolder(), 'b.lock')
  const script = `import { takeFileLock } from ${JSON.stringify(MODULE)}
globalThis.lock = takeFileLock(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1000)`
  const holder = execa(process.execPath, ['--input-type=module', '--eval', script], {
    reject: false,
  })
  await once(holder.stdout, 'data')
  expect(takeFileLock(file)).toBeUndefined()
  holder.kill('SIGKILL')
  await holder
  expect(takeFileLock(file)).toBeDefined()
})

test('a file that is no lock is not taken for a held one', () => {
  expect(() => takeFileLock(temporaryFolder())).toThrow()
})
