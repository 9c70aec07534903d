import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../src/process/package-root.js'
import { LANES, longestFirst } from './lanes.js'

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

test('files run lane by lane, as each change of lane is a process that loads everything anew; long ones first', () => {
  const files = LANES.flatMap(({ test: { name, include } }) =>
    name === 'cluster' ? [] : filesOf(include).map((moduleId) => ({ moduleId, project: { name } })),
  )
  const mixed = files.toSorted((one, other) => one.moduleId.length - other.moduleId.length)
  const lanes = longestFirst(mixed).map(({ project }) => project.name)
  expect(lanes).toHaveLength(files.length)
  const changes = lanes.filter((lane, at) => lane !== lanes[at - 1])
  expect(changes.sort()).toEqual([...new Set(lanes)].sort())
  const silence = { moduleId: 'test/temporal/silence.test.ts', project: { name: 'temporal' } }
  const short = { ...silence, moduleId: 'test/temporal/claim.test.ts' }
  expect(longestFirst([short, silence])).toEqual([silence, short])
})
