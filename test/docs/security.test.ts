import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../../src/process/package-root.js'

const read = (file: string): string => readFileSync(path.join(packageRoot(), file), 'utf8')
const rows = [
  ...read('SECURITY.md').matchAll(/^\|\s*([^|]+?)\s*\|\s*`(test\/[^`]+)`\s*\|\s*([^|]+?)\s*\|$/gm),
].map(([, attack = '', file = '', name = '']) => ({ attack, file, name }))

it('the table of attacks names more than two dozen', () => {
  expect(rows.length).toBeGreaterThan(24)
})

it.each(rows)('$attack: the test is there', ({ file, name }) => {
  expect(existsSync(path.join(packageRoot(), file)), file).toBe(true)
  // As it stands in the source, however it is quoted and broken.
  expect(read(file).replaceAll(/\s+/g, ' ')).toContain(name)
})

it('every test of the suite of attacks is in it', () => {
  const suite = 'test/workflows/attacks.test.ts'
  const titles = [...read(suite).matchAll(/^ {2}(?:it\(\s*|\]\)\()'([^']+)'/gm)].map(
    ([, title = '']) => title,
  )
  const helpers = [
    'is each one of the runbook, so that none is forgotten',
    'what they signed brings back the archive of the plan',
  ]
  const listed = rows.filter(({ file }) => file === suite).map(({ name }) => name)
  expect(titles.length).toBeGreaterThan(10)
  expect(titles.filter((title) => !helpers.includes(title) && !listed.includes(title))).toEqual([])
})
