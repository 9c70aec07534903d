import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { takeHistories } from '../../src/temporal/histories.js'
import { temporaryFolder } from '../temporary-folder.js'

let shop: string
let other: string
const dbOf = (project: string) => path.join(project, '.d1-runbook', 'temporal.db')

function take(project: string): string {
  const said: string[] = []
  takeHistories(dbOf(project), project, (line) => said.push(line))
  return said.join('\n')
}

beforeEach(() => {
  const folder = temporaryFolder('d1-runbook-histories-')
  shop = path.join(folder, 'shop')
  other = path.join(folder, 'other')
  mkdirSync(path.join(shop, '.d1-runbook'), { recursive: true })
  expect(take(shop)).toBe('')
  writeFileSync(dbOf(shop), 'runs')
  writeFileSync(`${dbOf(shop)}-wal`, 'more')
})

test('a copy of a project does not go on with its runs: their histories are kept aside, and it is said', () => {
  cpSync(shop, other, { recursive: true })
  expect(take(other)).toContain(`it was made for ${shop}, where its runs go on`)
  expect(existsSync(dbOf(other))).toBe(false)
  expect(existsSync(`${dbOf(other)}-wal`)).toBe(false)
  const kept = readdirSync(path.dirname(dbOf(other))).filter((name) => name.includes('.copied-'))
  expect(kept.map((name) => readFileSync(path.join(path.dirname(dbOf(other)), name), 'utf8')).sort()).toEqual(
    ['more', 'runs'],
  )
  writeFileSync(dbOf(other), 'own')
  expect(take(other)).toBe('')
  expect(readFileSync(dbOf(other), 'utf8')).toBe('own')
  expect(take(shop)).toBe('')
  expect(readFileSync(dbOf(shop), 'utf8')).toBe('runs')
})

test('a project that was moved goes on with its histories, and it is said', () => {
  renameSync(shop, other)
  expect(take(other)).toContain(`were made for ${shop}, which keeps none now`)
  expect(readFileSync(dbOf(other), 'utf8')).toBe('runs')
  expect(take(other)).toBe('')
})

test.each<[string, () => string]>([
  ['by another path to the same folder', () => (symlinkSync(shop, other, 'junction'), other)],
  [
    'restored where it was',
    () => (
      cpSync(shop, other, { recursive: true }),
      rmSync(shop, { recursive: true }),
      renameSync(other, shop),
      shop
    ),
  ],
  ['of a version that noted no project', () => (rmSync(`${dbOf(shop)}.home`), shop)],
  ['with a note that says nothing', () => (writeFileSync(`${dbOf(shop)}.home`, '\n'), shop)],
])('histories %s stay, without a word', (_, arrange) => {
  const project = arrange()
  expect(take(project)).toBe('')
  expect(readFileSync(dbOf(project), 'utf8')).toBe('runs')
})
