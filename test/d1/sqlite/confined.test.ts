import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { attachAfterwards, fullOf, openConfined, runForeign } from '../../../src/d1/sqlite/confined.js'
import { splitStatements } from '../../../src/d1/sql/statements.js'
import { HOSTILE, TAME } from '../../corpus/hostile.js'
import { withVictim } from '../victim.js'

function scratch(): ReturnType<typeof openConfined> {
  const database = openConfined(':memory:')
  database.exec('CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT)')
  return database
}

describe('SQL of others, even when no word of it was refused before', () => {
  it.each(HOSTILE.filter(({ name }) => name !== 'makes room, then attaches'))(
    'reaches no other file in one piece: $name',
    ({ sql }) => {
      const { put, untouched } = withVictim()
      const database = scratch()
      // The strongest attempt: everything goes to SQLite as it is, in as many statements as it likes to see.
      for (const piece of [put(sql), ...put(sql).split(';')])
        try {
          database.exec(piece)
        } catch {
          // Refused, as it should be.
        }
      database.close()
      untouched()
    },
  )

  it.each(HOSTILE)('runs one statement at a time at most: $name', ({ sql }) => {
    const { put, untouched } = withVictim()
    const database = scratch()
    for (const statement of splitStatements(put(sql)).filter(({ sql: text }) => !/^detach/i.test(text)))
      try {
        runForeign(database, statement.sql)
      } catch {
        // Refused, as it should be.
      }
    database.close()
    untouched()
  })

  it.each(TAME)('is run as ever: $name', ({ sql }) => {
    const database = scratch()
    for (const statement of splitStatements(sql)) runForeign(database, statement.sql)
    database.close()
  })

  it('leaves what stands behind its first statement alone', () => {
    const database = scratch()
    runForeign(database, `INSERT INTO a (x) VALUES ('one'); INSERT INTO a (x) VALUES ('two')`)
    expect(database.prepare('SELECT x FROM a').all()).toEqual([{ x: 'one' }])
  })

  it('leaves us the way to put a file of ours beside it afterwards', () => {
    const { victim } = withVictim()
    const database = scratch()
    attachAfterwards(database, victim, 'prior')
    expect(database.prepare('SELECT count(*) AS n FROM prior.t').get()).toEqual({ n: 2 })
    expect(existsSync(victim)).toBe(true)
  })
})

describe('a database for SQL of others grows no further than it may', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-confined-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'copy.sqlite')
  const thrown = (work: () => void): unknown => {
    try {
      work()
      return undefined
    } catch (error) {
      return error
    }
  }

  it.each([
    ['in memory', ':memory:', true],
    ['in a file', file, false],
  ])('%s, and tells the limit', (_where, place, inMemory) => {
    const database = openConfined(place, { maxBytes: 1_048_576 })
    database.exec('CREATE TABLE t (v)')
    expect(thrown(() => database.exec('INSERT INTO t VALUES (zeroblob(900000))'))).toBeUndefined()
    const full = thrown(() => database.exec('INSERT INTO t VALUES (zeroblob(900000))'))
    expect(fullOf(database, full)).toEqual({ inMemory, maxBytes: 1_048_576 })
    const other = thrown(() => database.exec('INSERT INTO nowhere VALUES (1)'))
    expect([other, fullOf(database, other)]).toEqual([expect.any(Error), undefined])
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 })
    database.close()
  })

  it('is opened as large as it is, and only not made larger', () => {
    const database = openConfined(file, { maxBytes: 8_192 })
    expect(database.prepare('SELECT length(v) AS n FROM t').all()).toEqual([{ n: 900_000 }])
    expect(
      fullOf(
        database,
        thrown(() => database.exec('INSERT INTO t VALUES (zeroblob(900000))')),
      ),
    ).toBeDefined()
    database.close()
  })

  it('nor in the empty databases that take the places beside it', () => {
    const database = scratch()
    const places = database
      .prepare(`SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')`)
      .all()
    expect(places).toHaveLength(10)
    for (const { name } of places)
      expect(
        thrown(() => database.exec(`CREATE TABLE ${String(name)}.t AS SELECT zeroblob(900000)`)),
      ).toBeInstanceOf(Error)
    database.close()
  })
})
