import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runbookConfigJsonSchema } from '../../src/config/json-schema.js'
import { runbookConfigSchema } from '../../src/config/schema.js'

const text = readFileSync(path.join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')

test('every setting of the configuration is described', () => {
  const settings = new Set(settingsOf(runbookConfigJsonSchema()))
  expect(settings.size).toBeGreaterThan(50)
  const words = new Set(
    [...text.matchAll(/`[^`\n]*`/g)].flatMap(([code]) => code.match(/\$?\w[\w-]*/g) ?? []),
  )

  expect([...settings].filter((setting) => !words.has(setting))).toEqual([])
})

test('the example is a valid configuration', () => {
  const example = /```json\n([\s\S]*?)```/.exec(text)?.[1]

  expect(() => runbookConfigSchema.parse(JSON.parse(example ?? ''))).not.toThrow()
})

/** Names of all properties, at any depth. */
function settingsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema as Record<string, unknown>).flatMap(([key, value]) =>
    key === 'properties' && typeof value === 'object' && value !== null
      ? [...Object.keys(value), ...Object.values(value).flatMap(settingsOf)]
      : settingsOf(value),
  )
}
