import { readFile, rename, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runProbes } from '../../../src/activities/probes/run-probes.js'
import type { ProbeResult } from '../../../src/contract/monitoring.js'
import { createBackup } from '../../../src/d1/backup/backup.js'
import { makeLocalTarget, probe, type LocalTarget } from './target.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

const HOUR_MS = 3_600_000

let local: LocalTarget
beforeAll(async () => {
  local = await makeLocalTarget()
})
afterAll(() => local.remove())

async function look(maxAgeMs = 24 * HOUR_MS): Promise<ProbeResult | undefined> {
  const [result] = await runProbes({ target: local.target, probes: [probe({ kind: 'backup', maxAgeMs })] })
  return result
}

it('finds a real archive good, and the same one bad when it is old, cut off, changed or not there', async () => {
  expect(await look()).toMatchObject({ ok: false, message: expect.stringContaining('no backup') })

  const { file } = await createBackup({ target: local.target, files: [], keep: 3 })
  expect(await look()).toMatchObject({ ok: true })
  expect(await look(1)).toMatchObject({ ok: false, message: expect.stringContaining('old, at most') })

  const bytes = await readFile(file)
  const middle = bytes.indexOf('database.sql') + 60
  await writeFile(file, bytes.with(middle, (bytes[middle] ?? 0) ^ 0xff))
  expect(await look()).toMatchObject({ ok: false, message: expect.stringContaining('damaged') })

  await writeFile(file, bytes)
  expect(await look()).toMatchObject({ ok: true })
  await truncate(file, bytes.length - 10)
  expect(await look()).toMatchObject({ ok: false, message: expect.stringContaining('damaged') })

  await rename(file, path.join(local.target.backupDir, 'backup-staging-2026-01-01-000000.zip'))
  expect(await look()).toMatchObject({ ok: false, message: expect.stringContaining('no backup') })
})

it('says nothing of archives that lie on the disk of another worker', async () => {
  const [seen] = await runProbes({
    ...{ target: local.target, probes: [probe({ kind: 'backup', maxAgeMs: HOUR_MS })] },
    archivesElsewhere: true,
  })
  expect(seen).toMatchObject({ ok: null, message: expect.stringContaining('did not take this look') })
})
