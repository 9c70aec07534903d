import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { compileCache } from '../../src/process/compile-cache.js'

let folder: string
let place: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'd1 rünbook cache '))
  vi.stubEnv('TMPDIR', folder)
  place = compileCache({}) ?? ''
  rmSync(place, { recursive: true })
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test.runIf(process.getuid)(
  'the cache of compiled code is a folder of this user alone, and found again',
  () => {
    expect(path.dirname(place)).toBe(folder)
    expect(compileCache({})).toBe(place)
    expect(statSync(place).mode & 0o777).toBe(0o700)
    expect(compileCache({})).toBe(place)
  },
)

test.runIf(process.getuid).each<[string, () => void]>([
  [
    'open to its group',
    () => {
      mkdirSync(place)
      chmodSync(place, 0o770)
    },
  ],
  [
    'open to all',
    () => {
      mkdirSync(place)
      chmodSync(place, 0o777)
    },
  ],
  ['a link to elsewhere', () => symlinkSync(folder, place)],
  ['a link to nothing', () => symlinkSync(path.join(folder, 'nothing'), place)],
  ['a file', () => writeFileSync(place, '')],
])('a place that is %s is not used', (_, take) => {
  take()
  expect(compileCache({})).toBeUndefined()
})

test.runIf(process.getuid?.() === 0)("another user's folder is not used", async () => {
  const { chownSync } = await import('node:fs')
  mkdirSync(place, { mode: 0o700 })
  chownSync(place, 12_345, 12_345)
  expect(compileCache({})).toBeUndefined()
})

test('where there is no room for it, there is none; a folder that the user named is theirs to answer for', () => {
  vi.stubEnv('TMPDIR', path.join(folder, 'file'))
  writeFileSync(path.join(folder, 'file'), '')
  expect(compileCache({})).toBeUndefined()
  expect(compileCache({ NODE_COMPILE_CACHE: '/named' })).toBe('/named')
})
