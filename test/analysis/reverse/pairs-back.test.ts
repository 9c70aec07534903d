import { describe, expect, test } from 'vitest'
import { rehearsedOn, wayBackFrom } from './rehearsed.js'

const USERS = `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a'), (2, 'b'), (5, 'c');`
const POSTS = `CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL); INSERT INTO posts VALUES (1, 5), (2, 1);`

const rebuilt = (columns: string, from: string): string =>
  `CREATE TABLE users_new (${columns}); INSERT INTO users_new SELECT ${from} FROM users; DROP TABLE users; ALTER TABLE users_new RENAME TO users;`
const LEGACY = 'id TEXT PRIMARY KEY NOT NULL, legacy_id INTEGER, name TEXT'

async function wayBack(schema: string, migration: string) {
  return wayBackFrom(await rehearsedOn(schema, migration))
}

describe('a number that becomes a text has its way back where a column holds the number', () => {
  test.each([
    ['a random text', USERS, rebuilt(LEGACY, 'lower(hex(randomblob(8))), id, name')],
    ['a text of the number', USERS, rebuilt(LEGACY, `'usr_' || id, id, name`)],
    [
      'the new key behind, and a child that follows',
      USERS + POSTS,
      `${rebuilt('legacy_id INTEGER, name TEXT, id TEXT PRIMARY KEY', `id, name, 'u' || id`)} UPDATE posts SET user_id = 'u' || user_id;`,
    ],
    ['digits, which need no other column', USERS, rebuilt('id TEXT PRIMARY KEY, name TEXT', 'id, name')],
  ])('%s', async (_, schema, migration) => {
    const back = await wayBack(schema, migration)
    expect(back).toMatchObject({ available: true, cost: { rowsLost: 0, valuesLost: 0 } })
  })

  test('and the price says what goes', async () => {
    const back = await wayBack(USERS, rebuilt(LEGACY, `'usr_' || id, id, name`))
    expect(back.price).toEqual(['What users.id says now goes: users.legacy_id takes its place.'])
  })
})

test('without such a column it is said that the numbers are gone', async () => {
  const back = await wayBack(
    USERS,
    rebuilt('id TEXT PRIMARY KEY, name TEXT', 'lower(hex(randomblob(8))) || id, name'),
  )
  expect(back).toMatchObject({ available: false })
  expect(back.price[0]).toBe(
    'The reverse migration fails: users.id was INTEGER PRIMARY KEY and holds texts now, and no column holds the numbers that they were.',
  )
})
