import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findWrangler, keepWranglers } from '../../../src/d1/wrangler/wrangler.js'

let root: string
let release: (() => void) | undefined
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-tool-'))
})
afterEach(() => {
  release?.()
  release = undefined
  rmSync(root, { recursive: true, force: true })
})

/** A package that calls itself Wrangler, below `folder`. */
function install(folder: string, version: string, script = ''): string {
  const where = path.join(folder, 'node_modules', 'wrangler')
  mkdirSync(path.join(where, 'bin'), { recursive: true })
  mkdirSync(path.join(where, 'wrangler-dist'), { recursive: true })
  const content = { name: 'wrangler', version, bin: { wrangler: './bin/wrangler.js' } }
  writeFileSync(path.join(where, 'package.json'), JSON.stringify(content))
  writeFileSync(path.join(where, 'bin', 'wrangler.js'), script)
  writeFileSync(path.join(where, 'wrangler-dist', 'cli.js'), script)
  return where
}

const project = (name: string): string => {
  const folder = path.join(root, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

test('without a worker the nearest one is taken, as it is now', async () => {
  const folder = project('p')
  expect((await findWrangler(folder)).source).toBe('bundled')
  install(folder, '4.200.0')
  expect(await findWrangler(folder)).toMatchObject({ source: 'project', version: '4.200.0' })
})

describe('a worker keeps to the Wrangler that it found at its start', () => {
  test('and runs none that a checkout, or a folder above it, brings later', async () => {
    const folder = project('p')
    release = await keepWranglers([folder])
    install(folder, '4.200.0')
    install(root, '4.201.0')
    expect((await findWrangler(folder)).source).toBe('bundled')
    expect((await findWrangler(project('never served'))).source).toBe('bundled')
    release()
    expect((await findWrangler(folder)).version).toBe('4.200.0')
  })

  test.each(['package.json', 'bin/wrangler.js', 'wrangler-dist/cli.js'])(
    'and refuses it once its %s has other bytes',
    async (file) => {
      const folder = project('p')
      const where = install(folder, '4.200.0')
      release = await keepWranglers([folder])
      expect(await findWrangler(folder)).toMatchObject({ source: 'project', version: '4.200.0' })
      writeFileSync(path.join(where, file), '{ "version": "4.200.0", "bin": "steal.js" }')
      await expect(findWrangler(folder)).rejects.toMatchObject({
        type: 'ToolMissing',
        advice: expect.stringContaining('start the worker again') as string,
      })
    },
  )

  test('and refuses one that is gone, rather than to take another', async () => {
    const folder = project('p')
    const where = install(folder, '4.200.0')
    install(root, '4.201.0')
    release = await keepWranglers([folder])
    rmSync(where, { recursive: true })
    await expect(findWrangler(folder)).rejects.toMatchObject({ type: 'ToolMissing' })
  })
})
