import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createMigration } from '../../../src/cli/commands/create.js'

test('gives each of ten people who create at once a number of their own', async () => {
  for (let round = 0; round < 5; round += 1) {
    const folder = mkdtempSync(path.join(tmpdir(), 'd1-create-'))
    await Promise.all(
      Array.from({ length: 10 }, (_, person) => createMigration({ folder, name: `of ${person}` })),
    )
    const numbers = readdirSync(folder).map((name) => name.slice(0, 4))
    expect(numbers).toHaveLength(10)
    expect(new Set(numbers).size).toBe(10)
  }
})
