import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { temporaryFolder } from '../temporary-folder.js'

/** A database outside of every scratch folder, which hostile SQL is pointed at. */
export function withVictim(): {
  folder: string
  victim: string
  put: (sql: string) => string
  untouched: () => void
} {
  const folder = temporaryFolder('d1-runbook-victim-')
  const victim = join(folder, 'victim.sqlite')
  const database = openSqlite(victim)
  database.exec('CREATE TABLE t (v TEXT); INSERT INTO t VALUES (1), (2)')
  database.close()
  const bytes = readFileSync(victim)
  const put = (sql: string): string =>
    sql
      .replaceAll('VICTIM', victim)
      .replaceAll(`'VIC' || 'TIM'`, `'${victim}'`)
      .replaceAll('NEW', join(folder, 'new.sqlite'))
  const untouched = (): void => {
    expect(readFileSync(victim).equals(bytes)).toBe(true)
    expect(readdirSync(folder)).toEqual(['victim.sqlite'])
  }
  return { folder, victim, put, untouched }
}
