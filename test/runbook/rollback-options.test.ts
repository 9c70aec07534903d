import { expect, test } from 'vitest'
import { command } from '../../src/contract/next-command.js'
import { rollbackOptions } from '../../src/runbook/rollback-options.js'
import { samplePlan, sampleRun } from './sample-run.js'

const { backup } = sampleRun()

test('each way is named with its price and its command, cheapest first', () => {
  const ways = rollbackOptions({ environment: 'production', plan: samplePlan(), backup })
  expect(ways.map(({ strategy, available }) => [strategy, available])).toEqual([
    ['reverse-migration', true],
    ['time-travel', true],
    ['restore-backup', true],
  ])
  expect(ways.every(({ price }) => price.length > 0)).toBe(true)
  expect(ways[1]?.price[0]).toBe('all rows written since 2026-03-08 03:08 UTC are lost')
  expect(ways[0]?.command).toEqual({
    ...command('rollback', '--strategy', 'reverse-migration'),
    environment: 'production',
  })
})

test('a way that is not there is said to be not there, with the reason', () => {
  const ways = rollbackOptions({ environment: 'local', plan: null, backup: null })
  expect(ways.map(({ available }) => available)).toEqual([false, false, false])
  expect(ways.every(({ price }) => price.length > 0)).toBe(true)
})

test('a backup that was not verified is no way back', () => {
  const ways = rollbackOptions({
    environment: 'x',
    plan: null,
    backup: backup === null ? null : { ...backup, verified: false },
  })
  expect(ways[2]).toMatchObject({ available: false, price: ['the backup was not verified'] })
})

test('a reverse migration that was not rehearsed says so', () => {
  const plan = samplePlan()
  const [way] = rollbackOptions({
    environment: 'x',
    plan: { ...plan, rollback: { ...plan.rollback, rehearsed: false } },
    backup,
  })
  expect(way?.price).toContain('it was not rehearsed on a copy')
})
