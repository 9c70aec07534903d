import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { keepOutOfGit } from '../../src/process/private-files.js'
import { temporaryFolder } from '../temporary-folder.js'

test('a folder of ours keeps itself out of git', async () => {
  const folder = path.join(temporaryFolder(), 'backups')
  await keepOutOfGit(folder)
  expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toBe('*\n')
  if (process.platform !== 'win32') expect(statSync(folder).mode & 0o077).toBe(0)
})

test("a person's own .gitignore there stays", async () => {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, '.gitignore'), '!keep.zip\n')
  await keepOutOfGit(folder)
  expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toBe('!keep.zip\n')
})

test('where it cannot be written, work goes on', async () => {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'a', '.gitignore'), { recursive: true })
  await expect(keepOutOfGit(path.join(folder, 'a'))).resolves.toBeUndefined()
})
