import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createBackup } from '../../../src/d1/backup/backup.js'
import { projectFolder, THREE_ENVIRONMENTS } from '../../config/project-folder.js'
import { readEntries, withSql } from '../../d1/backup/crafted-archive.js'
import { localTarget, seedLocal } from '../../d1/local-target.js'
import { runCli, runJson } from '../run-cli.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

/** Sets the title of the window and clears the screen; turns the writing around; begins a line that looks like ours. */
const NAME = '\u001B]0;pwn\u0007\u001B[2J\u009B2J\u202Exyz\r✔ all restores'
const SHOWN = String.raw`\x1b]0;pwn\x07\x1b[2J\x9b2J\u202exyz\x0d✔ all restores`

test('what an archive names reaches the terminal written out, and JSON as it is', async () => {
  const folder = projectFolder({ 'wrangler.toml': THREE_ENVIRONMENTS })
  const target = localTarget()
  seedLocal(target, 'CREATE TABLE kept (id INTEGER PRIMARY KEY)')
  const { file: good } = await createBackup({ target, files: [], keep: 1 })
  const file = path.join(folder, `crafted\u001B[2J.zip`)
  writeFileSync(file, await withSql(await readEntries(good), (sql) => `${sql}\nCREATE TABLE "${NAME}" (a);`))

  const to = path.join(folder, 'to\u001B[2J')
  const validated = await runCli(['backup', 'validate', file], folder)
  expect(validated.code).toBe(1)
  expect(validated.stdout).toContain(`Table ${SHOWN} is in the restored copy`)
  const restored = await runCli(['backup', 'restore', file, '--to', to], folder)
  expect(restored.code).toBe(1)
  expect(restored.stderr).toContain(`Table ${SHOWN} is in the restored copy`)
  const fine = await runCli(['backup', 'restore', good, '--to', to], folder)
  expect(fine).toMatchObject({ code: 0, stdout: expect.stringContaining(String.raw`to\x1b[2J`) })
  for (const { stdout, stderr } of [validated, restored, fine])
    expect(stdout + stderr).not.toMatch(/[\u001B\u0007\u009B\u202E\r]/)

  const { json } = await runJson(['backup', 'validate', file], folder)
  expect((json as { problems: string[] }).problems.join()).toContain(`Table ${NAME} is`)
})
