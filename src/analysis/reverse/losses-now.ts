import type { DatabaseSync } from 'node:sqlite'
import { copyFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import type { LossNow } from '../../contract/rollback.js'
import { sameName } from '../../d1/schema/schema.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import { openSqlite, quoteName, quoteText, shownValue } from '../../d1/sqlite/sqlite.js'
import { column, SAMPLES } from '../compare/row-keys.js'
import type { Evidence } from '../evidence.js'
import { replayFile, type Watched } from '../replay/replay.js'
import {
  counted,
  equal,
  held,
  numberOf,
  sameRow,
  storedColumns,
  tablesOf,
  type Keyed,
} from './rows-by-key.js'

export interface LossesInput {
  /** The archive; what the forward files make of it; that, reversed: which of it a reverse gives back where nobody wrote. */
  prior: string
  main: string
  back: string
  /** The database as it is now. Copied, never changed. */
  present: string
  folder: string
  migrationsTable: string
  evidence: Evidence
  reverse: { name: string; sql: string }
  watched?: Watched
}

/**
 * What the reverse costs of the database as it is now beside what it costs of the archive, found row by row by key: rows and values that
 * the forward files took and that it does not give back there, and what becomes of rows written since. Undefined where it does not run.
 */
export async function lossesNow(input: LossesInput): Promise<LossNow[] | undefined> {
  const copy = joinPath(input.folder, 'now-back.sqlite')
  await copyFile(input.present, copy)
  if (!runs(input, copy)) return undefined
  const database = openSqlite(copy)
  try {
    for (const [name, file] of [
      ['prior', input.prior],
      ['planned', input.main],
      ['back', input.back],
      ['present', input.present],
    ] as const)
      database.exec(`ATTACH DATABASE ${quoteText(file)} AS ${name}`)
    const rows = tablesOf(input.evidence)
    const found = rows.flatMap((each) => [
      ...notBack(database, each),
      ...hanging(database, each, rows),
      ...valuesOf(database, each),
      ...withoutValue(database, each),
    ])
    return [...found, ...notCompared(input.evidence, rows)]
  } finally {
    database.close()
  }
}

function runs({ evidence, migrationsTable, reverse, watched }: LossesInput, copy: string): boolean {
  const database = openConfined(copy)
  try {
    database.exec('PRAGMA synchronous = OFF')
    const options = { migrationsTable, countRows: false, origin: evidence.after, ...watched }
    return replayFile(database, reverse, options).failures.length === 0
  } finally {
    database.close()
  }
}

/** Tables that the forward files touched whose rows nothing tells apart. */
function notCompared({ fates }: Evidence, compared: readonly Keyed[]): LossNow[] {
  return fates
    .filter(
      ({ before, after, how, written }) =>
        before.kind === 'table' &&
        after !== undefined &&
        (written || how === 'rebuilt') &&
        !compared.some(({ table }) => sameName(table.name, before.name)),
    )
    .map(({ before }) => ({ kind: 'not-compared', table: before.name, rows: null, samples: [] }))
}

/** Rows `alias` of before that the forward files took, that come back on the archive, and not on the database of now. */
function isNotBack(each: Keyed, alias: string): string {
  const { table } = each
  return `NOT EXISTS ${held(each, 'planned', { as: 'np', of: alias })})
    AND EXISTS ${held(each, 'back', { as: 'nb', of: alias })} AND ${sameRow(table, 'nb', alias)})
    AND NOT EXISTS ${held(each, 'main', { as: 'nr', of: alias })} AND ${sameRow(table, 'nr', alias)})`
}

function notBack(database: DatabaseSync, each: Keyed): LossNow[] {
  if (each.now === undefined) return []
  const found = counted(
    database,
    each.table,
    `prior.${quoteName(each.table.name)} b WHERE ${isNotBack(each, 'b')}`,
  )
  return found === undefined ? [] : [{ kind: 'row-not-back', table: each.table.name, ...found }]
}

/** Rows given back that refer to a row which somebody wrote since under the key of one that is not. */
function hanging(database: DatabaseSync, each: Keyed, all: readonly Keyed[]): LossNow[] {
  const { table, key } = each
  return table.foreignKeys.flatMap((foreign): LossNow[] => {
    const parent = all.find((one) => sameName(one.table.name, foreign.target))
    if (parent?.now === undefined) return []
    const target = foreign.targetColumns.length === 0 ? parent.table.primaryKey : foreign.targetColumns
    if (target.length !== foreign.columns.length) return []
    const refers = (alias: string): string =>
      foreign.columns
        .map((name, at) => `${column('f', target[at] ?? '')} = ${column(alias, name)}`)
        .join(' AND ')
    const fields = foreign.columns.map((name) => ({
      name,
      is: each.pairs.find(({ was }) => sameName(was, name))?.is,
    }))
    const kept = fields
      .map(({ name, is }) => (is === undefined ? '0' : `${column('p', is)} IS ${column('b', name)}`))
      .join(' AND ')
    const given = fields.map(({ name }) => `${column('r', name)} IS ${column('b', name)}`).join(' AND ')
    const found = counted(
      database,
      table,
      `prior.${quoteName(table.name)} b
        JOIN main.${quoteName(table.name)} r ON ${key.map(({ was }) => `${column('r', was)} IS ${column('b', was)}`).join(' AND ')}
        JOIN prior.${quoteName(parent.table.name)} f ON ${refers('b')}
        WHERE ${given} AND NOT EXISTS ${held(each, 'planned', { as: 'p', of: 'b' })} AND ${kept})
          AND ${isNotBack(parent, 'f')}`,
    )
    return found === undefined
      ? []
      : [{ kind: 'hanging', table: table.name, parent: parent.table.name, ...found }]
  })
}

/** Values by column: those of before that are not given back, and those of now that come out as others. */
function valuesOf(database: DatabaseSync, each: Keyed): LossNow[] {
  const { table, now, pairs, key } = each
  if (now === undefined) return []
  const name = quoteName(table.name)
  return pairs
    .filter(({ was }) => !key.some((part) => part.was === was))
    .flatMap(({ was, is }): LossNow[] => {
      const of = (alias: string, version: 'was' | 'is'): string => column(alias, version === 'was' ? was : is)
      const taken = counted(
        database,
        table,
        `prior.${name} b WHERE
          EXISTS ${held(each, 'planned', { as: 'p', of: 'b' })} AND NOT ${equal(of('p', 'is'), of('b', 'was'))})
          AND EXISTS ${held(each, 'back', { as: 'o', of: 'b' })} AND ${equal(of('o', 'was'), of('b', 'was'))})
          AND EXISTS ${held(each, 'main', { as: 'r', of: 'b' })} AND NOT ${equal(of('r', 'was'), of('b', 'was'))})`,
      )
      const stays = counted(
        database,
        table,
        `main.${name} b JOIN present.${quoteName(now.name)} c
          ON ${key.map((part) => `${column('b', part.was)} IS ${column('c', part.is)}`).join(' AND ')}
          WHERE ${equal(of('b', 'was'), of('c', 'is'))}
          AND EXISTS (SELECT 1 FROM prior.${name} u WHERE EXISTS ${held(each, 'planned', { as: 'p', of: 'u' })} AND NOT ${equal(of('p', 'is'), of('u', 'was'))}))
          AND NOT EXISTS ${held(each, 'planned', { as: 'p', of: 'b' })} AND ${equal(of('p', 'is'), of('b', 'was'))})
          AND NOT EXISTS ${held(each, 'prior', { as: 'a', of: 'b' })} AND (${equal(of('a', 'was'), of('b', 'was'))}
            OR EXISTS ${held(each, 'planned', { as: 'p', of: 'a' })} AND NOT ${equal(of('p', 'is'), of('a', 'was'))})))`,
      )
      // What the forward files left and nobody wrote since is the migration's, and the reverse is to change it.
      const since = `present.${quoteName(now.name)} c JOIN main.${name} r
        ON ${key.map((part) => `${column('r', part.was)} IS ${column('c', part.is)}`).join(' AND ')}
        WHERE NOT EXISTS ${held(each, 'planned', { as: 'p', of: 'c', names: 'is' })} AND ${equal(of('p', 'is'), of('c', 'is'))})`
      const filled = database
        .prepare(
          `SELECT ${shownValue(of('r', 'was'))} AS value, count(*) AS n FROM ${since}
            AND ${of('c', 'is')} IS NULL AND ${of('r', 'was')} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC`,
        )
        .all()
      const rows = filled.reduce((sum, one) => sum + Number(one['n']), 0)
      const values = filled.map((one) => String(one['value']).slice(0, 40)).slice(0, SAMPLES)
      const changed = numberOf(
        database,
        `SELECT count(*) AS n FROM ${since} AND ${of('c', 'is')} IS NOT NULL AND NOT ${sameMeaning(of('c', 'is'), of('r', 'was'))}`,
      )
      return [
        ...(taken === undefined
          ? []
          : [{ kind: 'value-not-back' as const, table: table.name, column: was, ...taken }]),
        ...(stays === undefined
          ? []
          : [{ kind: 'stays' as const, table: table.name, column: was, ...stays }]),
        ...(rows === 0
          ? []
          : [{ kind: 'filled' as const, table: table.name, column: was, rows, samples: values }]),
        ...(changed === 0
          ? []
          : [{ kind: 'changed' as const, table: table.name, column: was, rows: changed, samples: [] }]),
      ]
    })
}

/** 12 is '12' in a column of another type; 7 is not '007'. */
function sameMeaning(one: string, other: string): string {
  const numbers = [one, other].map((each) => `typeof(${each}) IN ('integer', 'real')`).join(' AND ')
  return `(CAST(${one} AS TEXT) COLLATE BINARY IS CAST(${other} AS TEXT) OR (${numbers} AND +${one} = +${other}))`
}

/** Rows that the archive does not hold have nothing to fill a column with that the forward files dropped. */
function withoutValue(database: DatabaseSync, each: Keyed): LossNow[] {
  const { table, now, pairs } = each
  if (now === undefined) return []
  const gone = storedColumns(table).filter((name) => !pairs.some(({ was }) => was === name))
  if (gone.length === 0) return []
  const found = counted(
    database,
    table,
    `main.${quoteName(table.name)} b WHERE NOT EXISTS ${held(each, 'prior', { as: 'a', of: 'b' })}
      AND (${sameRow(table, 'a', 'b')} OR EXISTS ${held(each, 'planned', { as: 'p', of: 'a' })})))`,
  )
  return found === undefined
    ? []
    : gone.map((name) => ({ kind: 'no-value', table: table.name, column: name, ...found }))
}
