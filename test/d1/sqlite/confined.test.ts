import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { attachAfterwards, openConfined, runForeign } from '../../../src/d1/sqlite/confined.js'
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
