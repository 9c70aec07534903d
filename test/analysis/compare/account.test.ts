import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { compareTable } from '../../../src/analysis/compare/compare.js'
import type { DataComparison, TableFate } from '../../../src/analysis/evidence.js'
import { followTables } from '../../../src/analysis/replay/lineage.js'
import { ledgerSql } from '../../../src/d1/schema/ledger.js'
import { replayFile } from '../../../src/analysis/replay/replay.js'
import { readDetailedCatalog } from '../../../src/d1/schema/schema.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { randomMove, type RandomMove } from './random-move.js'
import { randomReuse } from './random-reuse.js'

const SEEDS = 1000

type Cells = Record<string, unknown>

/** Rows and values of before, and all rows of the migrated database: read by plain SELECTs, judged in JavaScript. */
interface Account {
  move: RandomMove
  fate: TableFate
  data: DataComparison
  before: Cells[]
  now: Map<string, Cells[]>
}

describe('the account of rows and values', () => {
  test(`says of nothing that it is still there which the migrated database does not answer by key, and leaves no loss untold (${SEEDS} seeds)`, () => {
    const seen = { claims: 0, losses: 0, lossless: 0 }
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const account = accountOf(randomMove(seed))
      if (account === undefined) continue
      const label = `seed ${seed}: ${account.move.rows.join('; ')}; ${account.move.migration} ${JSON.stringify(account.data)}`
      for (const { column, preservedIn } of account.data.columns) {
        if (preservedIn === undefined) continue
        seen.claims += 1
        expect(unanswered(account, column, preservedIn), label).toEqual([])
      }
      if (account.data.moved > 0 && account.data.underOtherKeys === undefined) {
        seen.claims += 1
        expect(rowsWithoutAnEqual(account).length, label).toBeLessThanOrEqual(account.data.lost)
      }
      const untold = notTold(account)
      expect(untold, label).toEqual([])
      if (lossOf(account.data) > 0) seen.losses += 1
      if (account.move.lossless !== true) continue
      seen.lossless += 1
      expect(lossOf(account.data), label).toBe(0)
    }
    console.log(`${seen.claims} claims, ${seen.losses} losses, ${seen.lossless} lossless by construction`)
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(SEEDS / 20)
  })

  test(`of rows that get each other's keys: those before, less those told lost, and those added are those after (${SEEDS} seeds)`, () => {
    const seen = { judged: 0, losses: 0, reused: 0 }
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { added, alike, ...move } = randomReuse(seed)
      const account = accountOf(move)
      if (account === undefined) continue
      const { data, before, now } = account
      const label = `seed ${seed}: ${move.schema.join('; ')}; ${move.rows.join('; ')}; ${move.migration} ${JSON.stringify(data)}`
      const after = now.get('src') ?? []
      const tags = new Set(after.map(({ tag }) => tag))
      const gone = before.filter(({ tag }) => !tags.has(tag))
      seen.judged += 1
      seen.losses += gone.length > 0 ? 1 : 0
      seen.reused += gone.some(({ id }) => after.some((row) => row['id'] === id)) ? 1 : 0
      expect(before.length + added - data.lost - (data.equal ?? 0), label).toBe(after.length)
      if (alike) continue
      for (const sample of data.lostSamples)
        expect(
          gone.some(({ tag }) => sample.includes(says(tag))),
          label,
        ).toBe(true)
      expect(
        data.columns.filter(({ column }) => column === 'tag'),
        label,
      ).toEqual([])
    }
    console.log(`${seen.judged} judged, ${seen.losses} with losses, ${seen.reused} with keys reused`)
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(SEEDS / 10)
  })
})

function accountOf(move: RandomMove): Account | undefined {
  const database = openSqlite(':memory:')
  try {
    for (const sql of [...move.schema, ...move.rows]) database.exec(sql)
    database.exec(ledgerSql('d1_migrations'))
    const before = readDetailedCatalog(database)
    const replay = replayFile(
      database,
      { name: '0001.sql', sql: move.migration },
      { migrationsTable: 'd1_migrations', countRows: true, origin: before },
    )
    if (replay.failures.length > 0) return undefined
    const after = readDetailedCatalog(database)
    database.exec(`ATTACH DATABASE ':memory:' AS prior`)
    for (const sql of [...move.schema, ...move.rows])
      database.exec(sql.replace(/^(CREATE TABLE|INSERT INTO|INSERT OR IGNORE INTO) /, '$1 prior.'))
    const fate = followTables(before, after, replay.statements).find((it) => it.before.name === 'src')
    if (fate === undefined) return undefined
    const data = compareTable({ database, before, after, statements: replay.statements }, fate)
    const tables = [...after.tables.values()].map(({ name }) => name)
    return {
      ...{ move, fate, data },
      before: rowsOf(database, 'prior', 'src'),
      now: new Map(tables.map((name) => [name, rowsOf(database, 'main', name)])),
    }
  } finally {
    database.close()
  }
}

function rowsOf(database: DatabaseSync, schema: string, table: string): Cells[] {
  return database.prepare(`SELECT * FROM ${schema}.${table}`).all()
}

/** Equal as texts: 1 and '1' say the same. */
function says(cell: unknown): string {
  return String(cell)
}

/** Keys of rows, still there, whose value the claimed columns do not answer. */
function unanswered({ move, before, now, fate }: Account, column: string, preservedIn: string): unknown[] {
  const places = preservedIn.split(', ').map((place) => place.split('.'))
  const rows = now.get(fate.after?.name ?? '') ?? []
  return before
    .filter((row) => row[column] !== null && rows.some(({ id }) => id === row['id']))
    .filter((row) => {
      const answers = places.flatMap(([table = '', name = '']) => {
        const own = rows.find(({ id }) => id === row['id'])
        const found = (now.get(table) ?? []).filter((it) =>
          table === fate.after?.name
            ? it['id'] === row['id']
            : table === 'look'
              ? it['id'] === own?.['ref']
              : it['owner'] === row['id'],
        )
        return found.map((it) => says(it[name]))
      })
      return !answers.some((answer) => move.undo(answer).includes(says(row[column])))
    })
    .map((row) => row['id'])
}

/** Rows of before of which no table has one with all of their values. */
function rowsWithoutAnEqual({ before, now }: Account): Cells[] {
  const all = [...now.values()].flat()
  return before.filter(
    (row) =>
      !all.some((it) =>
        Object.entries(row).every(([name, cell]) => name in it && says(it[name]) === says(cell)),
      ),
  )
}

/** Keys and values that stand in no row together any more, and are told neither as lost, changed nor gone. */
function notTold(account: Account): string[] {
  const { before, now, data, move } = account
  const all = [...now.values()].flat().map((row) => Object.values(row).map(says))
  const refs = now.get('look') ?? []
  const together = (key: unknown, value: unknown): boolean =>
    all.some((cells) => {
      const pointed = refs.filter(({ id }) => cells.includes(says(id))).map(({ n }) => says(n))
      const held = [...cells, ...pointed].flatMap((cell) => move.undo(cell))
      return cells.includes(says(key)) && held.includes(says(value))
    })
  const told = lossOf(data) + data.columns.reduce((sum, { changed }) => sum + changed, 0)
  const lost = before.flatMap((row) =>
    ['v', 'w', 'keep']
      .filter((name) => row[name] !== null && !together(row['id'], row[name]))
      .map((name) => `${says(row['id'])}.${name}`),
  )
  return lost.length > 0 && told === 0 && data.underOtherKeys === undefined ? lost : []
}

function lossOf(data: DataComparison): number {
  return data.lost + data.columns.reduce((sum, { nulled }) => sum + nulled, 0)
}
