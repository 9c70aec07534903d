import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { newestBackups } from '../../src/activities/newest-backups.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { charterFor } from '../charter-for.js'
import { localTarget } from '../d1/local-target.js'

it('tells the newest archive of each database, and nothing of one without, or whose place cannot be read', async () => {
  const database = (id: string) => ({ database: { name: id, id, remote: false } })
  const [kept, none, led] = [localTarget(), localTarget(database('none')), localTarget(database('led'))]
  mkdirSync(kept.backupDir)
  for (const day of ['02', '05', '03'])
    writeFileSync(path.join(kept.backupDir, `backup-local-2026-01-${day}-030405.zip`), '')
  symlinkSync(kept.backupDir, led.backupDir)
  const service = serviceOf([kept, none, led].map((target) => charterFor(target)))
  expect(await newestBackups(service)).toMatchObject([
    { target: { database: { id: 'local-art' } }, createdAt: '2026-01-05T03:04:05.000Z' },
  ])
})
