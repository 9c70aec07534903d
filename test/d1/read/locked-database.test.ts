import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { applyMigration } from '../../../src/d1/apply/apply.js'
import { createBackup } from '../../../src/d1/backup/backup.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { replaceContent } from '../../../src/d1/backup/replace-content.js'
import { fingerprintOf } from '../fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

const SCHEMA = 'CREATE TABLE t (v TEXT);'

/** Another process that holds the file for itself until `release`: WAL lets readers by, so it leaves that mode. */
async function holdExclusively(file: string): Promise<() => Promise<void>> {
  const script = `const { DatabaseSync } = require('node:sqlite')
    const database = new DatabaseSync(process.argv[1])
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    console.log('held')
    process.stdin.on('end', () => database.close()).resume()`
  const child = spawn(process.execPath, ['--no-warnings', '-e', script, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.end()
    await ended
  }
}

it('says that another process holds the database, leaves nothing behind, and works once it is free', async () => {
  const target = localTarget()
  const file = seedLocal(target, `${SCHEMA} ${LEDGER_SQL}`)
  const archive = await createBackup({ target, files: [], keep: 1 })
  const sql = 'ALTER TABLE t ADD COLUMN w;'
  const apply = {
    target,
    file: migrationFile('0001_w.sql', Buffer.from(sql)),
    ledgerBefore: [],
    fingerprintBefore: fingerprintOf(SCHEMA),
    fingerprintAfter: fingerprintOf(SCHEMA + sql),
    stageRoot: temporaryFolder(),
  }
  const locked = {
    type: 'DatabaseLocked',
    retryable: true,
    advice: expect.stringContaining('wrangler dev'),
  }

  const release = await holdExclusively(file)
  await expect(createBackup({ target, files: [], keep: 2 })).rejects.toMatchObject(locked)
  await expect(applyMigration(apply)).rejects.toMatchObject(locked)
  await expect(
    replaceContent({ target, file: archive.file, stageRoot: temporaryFolder() }),
  ).rejects.toMatchObject(locked)
  expect(readdirSync(target.backupDir).filter((name) => name !== '.gitignore')).toEqual([
    archive.file.slice(target.backupDir.length + 1),
  ])
  await release()

  expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA))
  expect((await createBackup({ target, files: [], keep: 2 })).verified).toBe(true)
  expect(await applyMigration(apply)).toMatchObject({ state: 'applied' })
})
