import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rehearseInOwnProcess } from '../../src/analysis/rehearse/in-own-process.js'
import { validateInOwnProcess } from '../../src/analysis/validate/in-own-process.js'
import { validateMigrations } from '../../src/analysis/validate/validate.js'
import { loadSql } from '../../src/d1/backup/export/load.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { HOSTILE, TAME } from '../corpus/hostile.js'
import { withVictim } from '../d1/victim.js'
import { temporaryFolder } from '../temporary-folder.js'
import { useBuiltProcesses } from './own-process.js'
import { migrationFile } from './scenario-run.js'

useBuiltProcesses()

const FIRST = migrationFile('0001_a.sql', 'CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);')

describe('a migration file that reaches beyond its database', () => {
  it.each(HOSTILE)('is refused by validate, which runs nothing of it: $name', async ({ sql, code }) => {
    const { put, untouched } = withVictim()
    for (const applied of [undefined, [], ['0001_a.sql'], ['0001_a.sql', '0002_b.sql']]) {
      const { success, findings } = await validateMigrations({
        files: [FIRST, migrationFile('0002_b.sql', put(sql))],
        ...(applied === undefined ? {} : { applied }),
      })
      untouched()
      if (applied?.includes('0002_b.sql') === true) continue
      expect(success).toBe(false)
      expect(
        findings.filter(({ severity }) => severity === 'error').map((finding) => finding.code),
      ).toContain(code)
    }
  })

  it.each(TAME)('is told from an ordinary one: $name', async ({ sql }) => {
    const { findings } = await validateMigrations({
      files: [FIRST, migrationFile('0002_b.sql', sql)],
      applied: ['0001_a.sql'],
    })
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  it('is refused in processes of their own too, pending or applied', async () => {
    const { put, untouched } = withVictim()
    const databaseFile = join(temporaryFolder('d1-runbook-copy-'), 'copy.sqlite')
    const database = openSqlite(databaseFile)
    database.exec(FIRST.sql)
    database.close()
    const all = HOSTILE.filter(({ name }) => /empties|makes room|brackets/.test(name))
    const files = [
      FIRST,
      ...all.map(({ sql }, i) => migrationFile(`${String(i + 2).padStart(4, '0')}.sql`, put(sql))),
    ]
    const environment = { environment: 'staging', database: { name: 'd', id: 'd', remote: true } }
    expect((await validateInOwnProcess({ files })).success).toBe(false)
    const asApplied = files.map(({ name }) => name)
    await rehearseInOwnProcess({ ...environment, databaseFile, files, applied: asApplied })
    for (const hostile of files.slice(1)) {
      const plan = await rehearseInOwnProcess({
        ...environment,
        databaseFile,
        files: [FIRST, hostile],
        applied: ['0001_a.sql'],
      })
      expect(plan.verdict).toBe('block')
    }
    untouched()
  })

  it.each(HOSTILE)('has no way in through an archive either: $name', async ({ sql }) => {
    const { put, untouched } = withVictim()
    const folder = temporaryFolder('d1-runbook-load-')
    const file = join(folder, 'database.sql')
    writeFileSync(file, `PRAGMA defer_foreign_keys=TRUE;\n${FIRST.sql}\n${put(sql)}\n`)
    await loadSql(file, join(folder, 'd.sqlite')).catch((error: unknown) => {
      expect(error).toMatchObject({ type: 'BackupInvalid' })
    })
    untouched()
  })
})
