import { randomOf } from '../random-migration.js'
import type { RandomMove } from './random-move.js'

/** A migration by which rows go and others take their keys; each row has a tag that nothing changes. `added`: rows that it adds; `alike`: some have one tag. */
export function randomReuse(seed: number): RandomMove & { added: number; alike: boolean } {
  const random = randomOf(seed)
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
  const words = random(2) === 0
  const key = (n: number): string => (words ? `'${n % 3 === 0 ? 'K' : 'k'}${Math.ceil(n / 2)}'` : String(n))
  const table = (name: string, nocase: boolean): string =>
    `CREATE TABLE ${name} (id ${words ? 'TEXT' : 'INTEGER'} PRIMARY KEY${nocase ? ' COLLATE NOCASE' : ''}, tag TEXT, v TEXT)${pick(['', '', ' WITHOUT ROWID'])}`
  const count = 3 + random(8)
  const numbers = Array.from({ length: count }, (_, at) => 1 + at).filter((n) => !words || n % 6 !== 4)
  const alike = random(3) === 0
  const rows = numbers.map(
    (n) =>
      `INSERT OR IGNORE INTO src VALUES (${key(n)}, 'tag-${alike ? n % 3 : n}-', '${pick(['a', 'b', 'B'])}')`,
  )
  const some = (): string => key(1 + random(count))
  const where = (): string =>
    pick([
      `id = ${some()}`,
      `id IN (${some()}, ${some()})`,
      `id > ${some()}`,
      `id <= ${some()}`,
      `v = 'b'`,
      `tag > 'tag-2'`,
    ])
  const calculated = (): string =>
    words
      ? pick(['lower(id)', 'upper(id)', 'substr(id, 1, 2)', `'k' || length(id)`, some()])
      : pick([`id - ${1 + random(4)}`, `id + ${1 + random(4)}`, '(id + 1) / 2', 'id % 3', some()])
  const value = pick(['', '', ', v = upper(v)'])
  const or = pick(['', ' OR REPLACE', ' OR REPLACE', ' OR IGNORE'])
  const added = random(5) === 0 ? 1 : 0
  const adds = added === 1 ? ` INSERT INTO src VALUES (${words ? `'new'` : 999}, 'tag-new-', 'n');` : ''
  const copy = `${table('src_new', words && random(2) === 0)}; INSERT${pick([' OR REPLACE', ' OR IGNORE'])} INTO src_new SELECT ${pick([calculated(), 'id'])}, tag, v FROM src${pick(['', ` WHERE ${where()}`])}; DROP TABLE src; ALTER TABLE src_new RENAME TO src;`
  const update = `UPDATE${or} src SET id = ${calculated()}${value} WHERE ${where()};`
  const migration = pick([
    `DELETE FROM src WHERE ${where()}; ${update}`,
    update,
    `DELETE FROM src WHERE ${where()}; UPDATE${or} src SET id = ${calculated()};`,
    copy,
  ])
  return {
    ...{ schema: [table('src', false)], rows, migration: `${migration}${adds}`, added, alike },
    ...{ lossless: undefined, undo: (text) => [text] },
  }
}
