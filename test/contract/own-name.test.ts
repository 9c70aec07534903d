import { expect, it } from 'vitest'
import { isOwnName, saidIn } from '../../src/contract/own-name.js'
import { LIMITS } from '../../src/contract/limits.js'

it.each([
  'd1-runbook',
  ' D1-Runbook ',
  'd1 runbook',
  'd1\u2011runbook',
  'd1\u200b-runbook',
  'ｄ１-ｒｕｎｂｏｏｋ',
  '𝐝𝟏-𝐫𝐮𝐧𝐛𝐨𝐨𝐤',
  'd1-runbооk',
  'dl-runb00k',
  'ԁ1-гυոbοοκ',
  'd1-rünböök',
  '\u202ed1-runbook',
])('%j is, or looks like, the name of the tool', (name) => {
  expect(isOwnName(name)).toBe(true)
})

it.each([
  'Ada',
  'd1-runbook bot',
  'd1',
  'runbook',
  '',
  '-',
  'r'.repeat(LIMITS.name),
  'Дмитрий',
  'd2-runbook',
])('%j is a name of somebody else', (name) => {
  expect(isOwnName(name)).toBe(false)
})

it('a name that nobody proved is marked', () => {
  expect(saidIn({ actor: 'Ada', unsigned: true })).toBe('Ada (unsigned)')
  expect(saidIn({ actor: 'Ada' })).toBe('Ada')
})
