import { describe, expect, it } from 'vitest'
import { validateInOwnProcess } from '../../../src/analysis/validate/in-own-process.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { useBuiltProcesses } from '../own-process.js'

useBuiltProcesses()

const FOREVER = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n'

/** What is said while it works. */
let told: string[] = []

/** Codes, files and lines of what blocks. */
async function errorsIn(...texts: string[]): Promise<string[]> {
  told = []
  const files = texts.map((sql, at) => migrationFile(`000${at + 1}_change.sql`, Buffer.from(sql)))
  const onProgress = (message: string): void => void told.push(message)
  const { findings } = await validateInOwnProcess({ files, statementLimitMs: 1_000, onProgress })
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code, migration, line }) => `${code} ${migration}:${line}`)
}

describe('a statement that never ends is named', () => {
  it.each([
    ['a SELECT', `CREATE TABLE t (x);\n${FOREVER};`, 2],
    ['an UPDATE', `CREATE TABLE t (x);\nINSERT INTO t VALUES (1);\nUPDATE t SET x = (${FOREVER});`, 3],
    ['an INSERT of one row', `CREATE TABLE t (x);\nINSERT INTO t VALUES ((${FOREVER}));`, 2],
    [
      'an INSERT whose trigger never ends',
      `CREATE TABLE t (x);\nCREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET x = (${FOREVER}); END;\nINSERT INTO t VALUES (1);`,
      3,
    ],
    ['the second of a line', `CREATE TABLE t (x);\nSELECT 1; ${FOREVER};`, 2],
  ])('%s', async (_what, sql, line) => {
    expect(await errorsIn(sql)).toEqual([`RH102 0001_change.sql:${line}`])
    expect(told).toEqual([
      `0001_change.sql, line ${line}, has run for 0.5 s; at 1 s the validation ends it, and goes on without it`,
    ])
  })

  it('in each of two files', async () => {
    expect(await errorsIn(`${FOREVER};`, 'CREATE TABLE t (x);', `SELECT 1;\n${FOREVER};`)).toEqual([
      'RH102 0001_change.sql:1',
      'RH102 0003_change.sql:2',
    ])
  })

  it('and what ends in time is not', async () => {
    expect(await errorsIn('CREATE TABLE t (x); INSERT INTO t VALUES (1); UPDATE t SET x = 2;')).toEqual([])
  })
})
