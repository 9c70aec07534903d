import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../src/process/package-root.js'
import { LANES } from './lanes.js'

const root = packageRoot()
const filesOf = (patterns: readonly string[] = []): string[] =>
  patterns.flatMap((one) => globSync(one, { cwd: root }))

test('every test file runs in exactly one lane, and every line of the lanes names a file', () => {
  const [unit, ...others] = LANES.map(({ test }) => test)
  const elsewhere = others.flatMap((lane) => filesOf(lane.include))
  expect(elsewhere).toHaveLength(new Set(elsewhere).size)
  expect(filesOf(unit?.exclude).sort()).toEqual(elsewhere.sort())
  for (const pattern of unit?.exclude ?? []) expect(filesOf([pattern]), pattern).not.toEqual([])
})

test('every lane has its script', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const { test } of LANES) {
    expect(scripts[`test:${test.name}`]).toBe(`node scripts/test.mjs ${test.name}`)
  }
  expect(readFileSync(path.join(root, 'scripts', 'test.mjs'), 'utf8')).toContain(
    `const LANES = [${LANES.map(({ test }) => `'${test.name}'`).join(', ')}]`,
  )
})
