import { describe, expect, it } from 'vitest'
import { validateInOwnProcess } from '../../../src/analysis/validate/in-own-process.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { useBuiltProcesses } from '../own-process.js'

useBuiltProcesses()

const MANY = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 20000)'
const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);\n'

/** Code, place and message of what blocks, at a tenth of what a real validation may take. */
async function errorsIn(...texts: string[]): Promise<string[]> {
  const files = texts.map((sql, at) => migrationFile(`000${at + 1}_change.sql`, Buffer.from(sql)))
  const { findings } = await validateInOwnProcess({ files, maxBytes: 16_000_000, memoryLimit: 300_000_000 })
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code, migration, line, message }) => `${code} ${migration}:${line} ${message}`)
}

const room = expect.stringMatching(/^RH102 0001_change\.sql:2 .*held in memory, larger than the 16 MB/)
const memory = expect.stringMatching(/^RH102 0001_change\.sql:2 .*took more than 300 MB of memory/)

describe('a statement that makes the replay too large is named with the limit', () => {
  it.each([
    ['large values of many rows', `INSERT INTO t(v) SELECT hex(randomblob(900000)) FROM c;`, room, MANY],
    ['many small rows', `INSERT INTO t(v) SELECT hex(randomblob(800)) FROM c;`, room, MANY],
    ['one value for the row', `INSERT INTO t(v) VALUES (zeroblob(40000000));`, room],
    ['an index', `CREATE INDEX i ON t (hex(zeroblob(id + 10000000)));`, room],
    ['a table of its own', `CREATE TABLE u AS SELECT printf('%.*c', 20000000, 'x') AS v;`, room],
    ['a text of many', `SELECT length(group_concat(hex(zeroblob(x * 0 + 50000)))) FROM c;`, memory, MANY],
    ['a JSON of many', `SELECT length(json_group_array(hex(zeroblob(x * 0 + 50000)))) FROM c;`, memory, MANY],
    ['one value that is nowhere', `INSERT INTO t(id) VALUES (length(hex(zeroblob(400000000))));`, memory],
    ['a format', `SELECT length(printf('%.*c', 900000000, 'x'));`, memory],
    [
      'a replacement',
      `INSERT INTO t(id) VALUES (length(replace(hex(zeroblob(20000)), '0', hex(zeroblob(8000)))));`,
      memory,
    ],
  ])('%s', async (_what, statement, expected, start = '') => {
    const before = /INDEX/.test(statement)
      ? TABLE.replace('\n', ' INSERT INTO t VALUES (1, NULL), (2, NULL);\n')
      : TABLE
    expect(await errorsIn(`${before}${start} ${statement}`)).toEqual([expected])
  })

  it('in each of two files, and what stands between them is judged', async () => {
    const wide = `${MANY} INSERT INTO t(v) SELECT hex(randomblob(900000)) FROM c;`
    const found = await errorsIn(`${TABLE}${wide}`, 'INSERT INTO nowhere VALUES (1);', wide)
    expect(found.map((text) => text.slice(0, 25))).toEqual([
      'RH102 0001_change.sql:2 T',
      'SY101 0002_change.sql:1 n',
      'RH102 0003_change.sql:1 T',
    ])
  })

  it.each([
    ['an upsert of a word', `INSERT INTO t VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = v || v;`],
    ['a small blob', `INSERT INTO t(v) VALUES (hex(randomblob(16)));`],
    ['a thousand rows', `${MANY.replace('20000', '1000')} INSERT INTO t(v) SELECT x FROM c;`],
    ['an index of an expression', `CREATE INDEX i ON t (replace(v, 'a', 'b'));`],
    ['a value of two megabytes', `INSERT INTO t(v) VALUES (zeroblob(2000000));`],
  ])('and %s is not', async (_what, statement) => {
    expect(await errorsIn(`${TABLE}${statement}`)).toEqual([])
  })
})
