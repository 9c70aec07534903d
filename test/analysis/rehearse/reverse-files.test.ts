import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rehearseMigrations } from '../../../src/analysis/rehearse/rehearse.js'
import { cancellingFiles } from '../../../src/analysis/rehearse/reverse-files.js'
import type { RollbackSummary } from '../../../src/contract/plan.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { ledgerSql } from '../../../src/d1/schema/ledger.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { reverseFileLines } from '../../../src/text/pending-reverse.js'

const SCHEMA = `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
INSERT INTO users VALUES (1, 'Ada', 'Oslo'), (2, 'Bob', 'Rome');`
const FORWARD = 'ALTER TABLE users DROP COLUMN city;\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n'
const BACK = `DROP TABLE tags;
CREATE TABLE __u (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
INSERT INTO __u (id, name) SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE __u RENAME TO users;
`
/** The text that SQLite keeps of a renamed table has its new name in quotes. */
const QUOTED = SCHEMA.replace('TABLE users', 'TABLE "users"')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'd1-runbook-reverse-files-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function rehearsed(
  files: Record<string, string>,
  candidates: Record<string, string>,
): Promise<RollbackSummary> {
  const start = join(folder, 'start.sqlite')
  rmSync(start, { force: true })
  const database = openSqlite(start)
  database.exec(`${ledgerSql('d1_migrations')}; ${QUOTED}`)
  database.close()
  const databaseFile = join(folder, 'copy.sqlite')
  copyFileSync(start, databaseFile)
  const all = (texts: Record<string, string>) =>
    Object.entries(texts).map(([name, sql]) => migrationFile(name, Buffer.from(sql)))
  const { rollback } = await rehearseMigrations({
    ...{ databaseFile, files: all(files), applied: [], candidates: all(candidates) },
    ...{ environment: 'local', database: { name: 'd', id: 'd', remote: false } },
  })
  return rollback
}

describe('a file of the folder that may be the reverse', () => {
  const WITH_VALUES = `${BACK}UPDATE users SET city = CASE id WHEN 1 THEN 'Oslo' ELSE 'Rome' END;\n`

  test('is it where it leads back to the schema of before, whatever it is called', async () => {
    const way = await rehearsed({ '0002_x.sql': FORWARD }, { '0003_anything.sql': WITH_VALUES })
    expect(way).toMatchObject({
      ...{ available: true, rehearsed: true, file: '0003_anything.sql', sql: WITH_VALUES },
      cost: { rowsLost: 0, valuesLost: 0, tables: [] },
    })
    expect(way.price).toEqual(['Table tags goes, with every row in it.'])
    expect(way.others).toBeUndefined()
  })

  test('that loses what ours gives back is told apart, with what it loses', async () => {
    const way = await rehearsed({ '0002_x.sql': FORWARD }, { '0003_anything.sql': BACK })
    expect(way).toMatchObject({ available: true, cost: { valuesLost: 0 } })
    expect(way.file).toBeUndefined()
    const why = 'it leads back, but 2 values of users.city do not come back. Ours loses less.'
    expect(way.others).toEqual([{ name: '0003_anything.sql', why }])
  })

  test.each([
    ['stops half-way', '0003_rollback_x.sql', 'DROP TABLE tags;\n', 'does not lead back to the exact schema'],
    ['does not run', '0003_revert.sql', 'DROP TABLE nowhere;\n', 'The reverse migration fails'],
    ['is refused by D1', '0003_down.sql', `ATTACH 'x' AS y;\n`, 'The reverse migration fails'],
  ])('that %s is told apart, and ours is the reverse', async (_, name, sql, why) => {
    const way = await rehearsed({ '0002_x.sql': FORWARD }, { [name]: sql })
    expect(way).toMatchObject({ available: true, cost: { rowsLost: 0, valuesLost: 0 } })
    expect(way.file).toBeUndefined()
    expect(way.others).toEqual([{ name, why: expect.stringContaining(why) as string }])
  })

  test('is not spoken of where nothing calls it one, and it is none', async () => {
    const way = await rehearsed({ '0002_x.sql': FORWARD }, { '0003_more.sql': 'CREATE TABLE more (id);\n' })
    expect([way.file, way.others]).toEqual([undefined, undefined])
  })

  test('and is pending with what it takes back: the plan says that both cancel each other', async () => {
    const { cancels } = await rehearsed({ '0002_x.sql': FORWARD, '0003_y.sql': BACK }, {})
    expect(cancels).toEqual([{ name: '0003_y.sql', takesBack: ['0002_x.sql'] }])
    expect(reverseFileLines({ cancels: cancels ?? [] }).join()).toContain(
      '0003_y.sql leads back to the schema of before 0002_x.sql',
    )
  })
})

const file = (name: string, fingerprintBefore: string, fingerprintAfter: string) => ({
  ...{ name, fingerprintBefore, fingerprintAfter },
  ...{ sha256: '', statements: 1, durationMs: 1 },
})

test.each([
  ['one that takes back the one before it', ['a>b', 'b>a'], [['1', ['0']]]],
  ['one that takes back two', ['a>b', 'b>c', 'c>a'], [['2', ['0', '1']]]],
  ['one that takes back the last of two', ['a>b', 'b>c', 'c>b'], [['2', ['1']]]],
  [
    'there and back twice',
    ['a>b', 'b>a', 'a>b'],
    [
      ['1', ['0']],
      ['2', ['1']],
    ],
  ],
  ['files that only go on', ['a>b', 'b>c'], []],
  ['files that change rows alone', ['a>a', 'a>a'], []],
  ['rows between', ['a>a', 'a>b'], []],
] as [string, string[], [string, string[]][]][])('cancelling files: %s', (_, steps, found) => {
  const files = steps.map((step, at) => file(String(at), step.split('>')[0] ?? '', step.split('>')[1] ?? ''))
  expect(cancellingFiles(files).map(({ name, takesBack }) => [name, takesBack])).toEqual(found)
})
