import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proveAdoption } from '../../../src/analysis/adopt/prove.js'
import type { Adoption } from '../../../src/contract/adoption.js'
import { defined } from '../../../src/contract/defined.js'
import { startScratchEngine, type ScratchEngine } from '../../../src/d1/scratch/scratch-workerd.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'

let engine: ScratchEngine
const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-test-'))
let databases = 0

beforeAll(async () => {
  engine = await startScratchEngine(100)
})
afterAll(async () => {
  await engine.stop()
  await engine.remove()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

const INIT =
  'CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);\nCREATE INDEX users_email ON users (email);'
const POSTS = 'CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id TEXT REFERENCES users (id), title TEXT);'
const SEED =
  "CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rank INTEGER, made TEXT DEFAULT CURRENT_TIMESTAMP);\nINSERT INTO roles (name, rank) VALUES ('admin', 1), ('guest', 9);"
const FILES = { '0001_init.sql': INIT, '0002_posts.sql': POSTS, '0003_roles.sql': SEED }

/** `live`: the SQL that made the database, whoever ran it. */
async function prove(
  files: Record<string, string>,
  live: string,
  options: { ledger?: string[]; through?: string } = {},
): Promise<Adoption> {
  databases += 1
  const databaseFile = join(folder, `live-${databases}.sqlite`)
  const database = openSqlite(databaseFile)
  database.exec(live)
  database.close()
  const { ledger = [], through } = options
  return proveAdoption(
    {
      databaseFile,
      files: Object.entries(files).map(([name, sql]) => ({
        ...{ name, sql, sizeBytes: sql.length },
        sha256: createHash('sha256').update(sql).digest('hex'),
      })),
      ledger,
      migrationsTable: 'd1_migrations',
      ...defined({ through }),
    },
    engine.open,
  )
}

const whyOf = ({ notProven }: Adoption): string => notProven[0]?.why ?? ''

describe('what the database holds as the files leave it is proven', () => {
  test('all of it', async () => {
    const seen = await prove(FILES, [INIT, POSTS, SEED].join('\n'))
    expect(seen).toMatchObject({ proven: Object.keys(FILES), notProven: [], extra: [], edited: [] })
  })

  test('whatever layout and comments the statements had', async () => {
    const live = `-- by hand\nCREATE TABLE users (\n  id TEXT PRIMARY KEY, -- a\n  email TEXT NOT NULL\n);\nCREATE INDEX users_email ON users (email);`
    expect((await prove({ '0001_init.sql': INIT }, live)).proven).toEqual(['0001_init.sql'])
  })

  test('with columns that later files add, up to the last of them', async () => {
    const files = {
      '0001_a.sql': 'CREATE TABLE a (x TEXT);',
      '0002_b.sql': 'ALTER TABLE a ADD COLUMN y TEXT;',
      '0003_c.sql': 'CREATE INDEX a_y ON a (y);',
    }
    const seen = await prove(files, 'CREATE TABLE a (x TEXT, y TEXT);')
    expect(seen.proven).toEqual(['0001_a.sql', '0002_b.sql'])
    expect(seen.notProven).toMatchObject([{ name: '0003_c.sql', why: 'Index a_y on a is missing.' }])
  })

  test('beside tables of other tools, which are told', async () => {
    const seen = await prove(
      { '0001_init.sql': INIT },
      `${INIT}\nCREATE TABLE __drizzle_migrations (id INTEGER, hash TEXT);`,
    )
    expect(seen.proven).toEqual(['0001_init.sql'])
    expect(seen.extra).toMatchObject([{ kind: 'table', state: 'extra', name: '__drizzle_migrations' }])
  })

  test.each<[string, Record<string, string>, string[]]>([
    ['all of them', FILES, Object.keys(FILES)],
    ['those before the pending ones', FILES, ['0001_init.sql', '0002_posts.sql']],
    ['one behind a pending one', FILES, ['0001_init.sql', '0003_roles.sql']],
    [
      'one that dropped a table which is there again',
      { ...FILES, '0004_drop.sql': 'DROP TABLE roles;' },
      [...Object.keys(FILES), '0004_drop.sql'],
    ],
    [
      'one that does not run on an empty database',
      { '0000_fix.sql': 'UPDATE gone SET x = 1;', ...FILES },
      ['0000_fix.sql', ...Object.keys(FILES)],
    ],
    [
      'some, behind a pending one that does not run',
      { ...FILES, '0002_broken.sql': 'UPDATE gone SET x = 1;' },
      ['0001_init.sql'],
    ],
  ])('what applied files made is no object of nobody: %s', async (_what, files, ledger) => {
    const live = [INIT, POSTS, SEED, 'CREATE TABLE other (x TEXT);'].join('\n')
    const { extra } = await prove(files, live, { ledger })
    expect(extra.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['table other'])
  })

  test('though a rebuild lies between, and a table that is gone again', async () => {
    const files = {
      '0001_a.sql': 'CREATE TABLE a (x TEXT); CREATE TABLE old (x TEXT); UPDATE old SET x = 1;',
      '0002_b.sql':
        'CREATE TABLE new_a (x TEXT NOT NULL); INSERT INTO new_a SELECT x FROM a; DROP TABLE a; ALTER TABLE new_a RENAME TO a;',
      '0003_c.sql': 'DROP TABLE old;',
    }
    const live = `CREATE TABLE new_a (x TEXT NOT NULL); ALTER TABLE new_a RENAME TO a; INSERT INTO a VALUES ('kept');`
    expect((await prove(files, live)).proven).toEqual(Object.keys(files))
  })

  test('where the ledger names later files already', async () => {
    const seen = await prove(FILES, [INIT, POSTS, SEED].join('\n'), { ledger: ['0002_posts.sql'] })
    expect(seen.proven).toEqual(['0001_init.sql', '0003_roles.sql'])
  })

  test('no further than through', async () => {
    const seen = await prove(FILES, [INIT, POSTS, SEED].join('\n'), { through: '0002_posts.sql' })
    expect(seen).toMatchObject({ proven: ['0001_init.sql', '0002_posts.sql'], notProven: [] })
  })
})

describe('what differs is not proven, nor any file behind it, and is named', () => {
  test.each([
    ['a missing index', [INIT.split('\n')[0], POSTS], 'Index users_email on users is missing.'],
    [
      'another index',
      [INIT.split('\n')[0], 'CREATE INDEX users_email ON users (id);', POSTS],
      /^Index users_email on users is another one/,
    ],
    [
      'an extra column',
      [INIT.replace('NOT NULL)', 'NOT NULL, age INTEGER)'), POSTS],
      'Column users.age is there, and the files leave none.',
    ],
    [
      'a missing column',
      [INIT.replace(', email TEXT NOT NULL', '').replace('(email)', '(id)'), POSTS],
      /^Column users.email is missing/,
    ],
    [
      'another type',
      [INIT.replace('email TEXT', 'email BLOB'), POSTS],
      /^Column users.email is another one: BLOB NOT NULL instead of TEXT NOT NULL/,
    ],
    ['nothing at all', [], 'Table users is missing.'],
  ])('%s', async (_what, live, why) => {
    const seen = await prove(FILES, live.join('\n'))
    expect(seen.proven).toEqual([])
    expect(seen.notProven.map(({ name }) => name)).toEqual(Object.keys(FILES))
    expect(whyOf(seen)).toMatch(why)
  })

  test('half of the files: the other half stays pending', async () => {
    const seen = await prove(FILES, [INIT, POSTS].join('\n'))
    expect(seen.proven).toEqual(['0001_init.sql', '0002_posts.sql'])
    expect(seen.notProven).toMatchObject([{ name: '0003_roles.sql', why: 'Table roles is missing.' }])
  })

  test('a file that is there behind one that is not', async () => {
    const seen = await prove(FILES, [INIT, SEED].join('\n'))
    expect(seen.proven).toEqual(['0001_init.sql'])
    expect(seen.notProven.map(({ why }) => why)).toEqual([
      'Table posts is missing.',
      'It comes behind 0002_posts.sql, which is not proven.',
    ])
  })

  const TWO = {
    '0001_t.sql': 'CREATE TABLE t (id INTEGER PRIMARY KEY);',
    '0002_a.sql': 'ALTER TABLE t ADD COLUMN a TEXT;',
    '0003_b.sql': 'ALTER TABLE t ADD COLUMN b TEXT;',
  }

  test.each<[string, string, string[], [string, string][]]>([
    [
      'the one that is missing by the file that adds it',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT);',
      [],
      [
        ['0001_t.sql', 'The database has table t as none of the files leaves it.'],
        ['0002_a.sql', 'Column t.a is missing.'],
        ['0003_b.sql', 'It comes behind'],
      ],
    ],
    [
      'the last one alone',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);',
      ['0001_t.sql', '0002_a.sql'],
      [['0003_b.sql', 'Column t.b is missing.']],
    ],
    [
      'one of another type by its own file',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT);',
      [],
      [
        ['0001_t.sql', ''],
        ['0002_a.sql', 'Column t.a is another one'],
        ['0003_b.sql', 'It comes behind'],
      ],
    ],
    [
      'one that no file leaves',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT);',
      [],
      [
        ['0001_t.sql', 'Column t.c is there, and the files leave none'],
        ['0002_a.sql', 'Column t.c is there'],
        ['0003_b.sql', 'Column t.c is there'],
      ],
    ],
    [
      'none, where only their order is another',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT, a TEXT);',
      [],
      [
        ['0001_t.sql', ''],
        ['0002_a.sql', 'Table t is another one'],
        ['0003_b.sql', 'Table t is another one'],
      ],
    ],
  ])('two files add columns to one table, and it names %s', async (_, live, proven, notProven) => {
    const seen = await prove(TWO, live)
    expect(seen.proven).toEqual(proven)
    expect(seen.notProven.map(({ name }) => name)).toEqual(notProven.map(([name]) => name))
    for (const [at, [, why]] of notProven.entries()) expect(seen.notProven[at]?.why).toContain(why)
    const [, second] = seen.notProven
    if (live.includes('PRIMARY KEY, b TEXT);'))
      expect(second?.differences.map(({ name }) => name)).toEqual(['a'])
  })

  test('a table that a file drops and the database still has', async () => {
    const files = { '0001_a.sql': 'CREATE TABLE a (x TEXT);', '0002_b.sql': 'DROP TABLE a;' }
    expect(await prove(files, 'CREATE TABLE a (x TEXT);')).toMatchObject({
      proven: ['0001_a.sql'],
      notProven: [{ why: 'Table a is there, and the files leave none.' }],
    })
  })

  test('a table only as a later file leaves it, where that one is not whole', async () => {
    const files = {
      '0001_a.sql': 'CREATE TABLE a (x TEXT);',
      '0002_b.sql': 'ALTER TABLE a ADD COLUMN y TEXT; CREATE INDEX a_y ON a (y);',
    }
    const seen = await prove(files, 'CREATE TABLE a (x TEXT, y TEXT);')
    expect(seen.proven).toEqual([])
    expect(whyOf(seen)).toBe('The database has table a only as 0002_b.sql leaves it, which is not proven.')
  })

  test('a file that does not run on a scratch database', async () => {
    const seen = await prove(
      { '0001_a.sql': 'ALTER TABLE unknown ADD COLUMN y TEXT;' },
      'CREATE TABLE unknown (x, y TEXT);',
    )
    expect(whyOf(seen)).toBe('It does not run on a scratch database: line 1: no such table: unknown.')
  })

  test("a file that D1's engine refuses", async () => {
    const sql = 'CREATE TABLE a (x TEXT); PRAGMA journal_mode = WAL;'
    expect((await prove({ '0001_a.sql': sql }, 'CREATE TABLE a (x TEXT);')).proven).toEqual([])
  })
})

describe('rows that the files insert', () => {
  const roles = SEED.split('\n')[0] ?? ''

  test('missing: not proven, with their number and key', async () => {
    const seen = await prove(
      FILES,
      [INIT, POSTS, roles, "INSERT INTO roles (name, rank) VALUES ('admin', 1);"].join('\n'),
    )
    expect(seen.proven).toEqual(['0001_init.sql', '0002_posts.sql'])
    expect(seen.notProven).toMatchObject([
      {
        name: '0003_roles.sql',
        differences: [{ kind: 'rows', state: 'missing', act: 'inserted', rows: 1 }],
        fails: 'line 1: table roles already exists',
      },
    ])
    expect(whyOf(seen)).toBe(
      'Of 1 row that it inserts into roles neither key nor values are there (id = 2). Whether it ran and they were changed or deleted since, or never ran, the database does not show.',
    )
  })

  test('other rows under the same numbers are not they', async () => {
    const live = [INIT, POSTS, roles, "INSERT INTO roles (name, rank) VALUES ('x', 1), ('y', 9);"].join('\n')
    expect((await prove(FILES, live)).proven).toEqual(['0001_init.sql', '0002_posts.sql'])
  })

  test('edited since, found by their key: proven, and told', async () => {
    const live = [
      INIT,
      POSTS,
      roles,
      "INSERT INTO roles VALUES (7, 'admin', 5, '2020'), (8, 'guest', 9, '2020');",
    ].join('\n')
    const seen = await prove(FILES, live)
    expect(seen.proven).toEqual(Object.keys(FILES))
    expect(seen.edited).toMatchObject([{ kind: 'rows', state: 'different', table: 'roles', rows: 2 }])
  })

  test('with a key from chance are never found again', async () => {
    const sql =
      "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT); INSERT INTO t VALUES (lower(hex(randomblob(8))), 'a');"
    expect((await prove({ '0001_t.sql': sql }, sql)).proven).toEqual([])
  })

  test('of nothing but a number prove nothing', async () => {
    const sql = 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);'
    expect((await prove({ '0001_t.sql': sql }, sql)).proven).toEqual([])
  })
})

describe('rows that were changed behind the file that inserts them', () => {
  const PLANS =
    "CREATE TABLE plans (id INTEGER PRIMARY KEY, title TEXT);\nINSERT INTO plans (title) VALUES ('free'), ('paid');"
  const SLUG = 'ALTER TABLE plans ADD COLUMN slug TEXT;'
  const LOWER = 'UPDATE plans SET slug = upper(title) WHERE slug IS NULL;'
  const NAMES = ['0001.sql', '0002.sql', '0003.sql']

  test.each<[string, string[], string, string[]]>([
    ['by a backfill that ran', [SLUG, LOWER], '', NAMES],
    [
      'by the application, in a column that a later file adds',
      [SLUG, LOWER],
      "UPDATE plans SET slug = 'x' WHERE id = 1;",
      NAMES,
    ],
    [
      'by an UPDATE that ran',
      ["UPDATE plans SET title = 'gratis' WHERE title = 'free';"],
      '',
      NAMES.slice(0, 2),
    ],
    [
      'by a column that was renamed',
      ['ALTER TABLE plans RENAME COLUMN title TO name;'],
      '',
      NAMES.slice(0, 2),
    ],
    ['by a column that was dropped', [`${SLUG}`, 'ALTER TABLE plans DROP COLUMN slug;'], '', NAMES],
    [
      'by a rebuild',
      [
        "CREATE TABLE plans_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL); INSERT INTO plans_new SELECT id, title || '!' FROM plans; DROP TABLE plans; ALTER TABLE plans_new RENAME TO plans;",
      ],
      '',
      NAMES.slice(0, 2),
    ],
    [
      'by an upsert that ran',
      ["INSERT INTO plans VALUES (1, 'gratis') ON CONFLICT (id) DO UPDATE SET title = excluded.title;"],
      '',
      NAMES.slice(0, 2),
    ],
  ])('%s: proven', async (_what, later, application, proven) => {
    const files = Object.fromEntries([PLANS, ...later].map((sql, at) => [NAMES[at] ?? '', sql]))
    expect((await prove(files, [PLANS, ...later, application].join('\n'))).proven).toEqual(proven)
  })

  describe('numbers that SQLite gives', () => {
    const numbered = async (change: string, seed = PLANS): Promise<Adoption> =>
      prove({ '0001.sql': seed }, `${seed}\n${change}`)
    const MOVED = 'UPDATE plans SET id = id + 10;'

    test('are other ones in the database: proven by values that no other row has, and told', async () => {
      const seen = await numbered(MOVED)
      expect(seen.proven).toEqual(['0001.sql'])
      expect(seen.edited).toMatchObject([{ kind: 'rows', state: 'other-key', table: 'plans', rows: 2 }])
    })

    test.each<[string, string, string]>([
      ['another row has the values', `${MOVED} INSERT INTO plans (title) VALUES ('paid');`, PLANS],
      ['the file inserts equal rows', MOVED, PLANS.replace("'paid'", "'free'")],
      [
        'the file chooses the numbers',
        MOVED,
        PLANS.replace("(title) VALUES ('free'), ('paid')", "VALUES (1, 'free'), (2, 'paid')"),
      ],
      [
        'a row of the files names a number',
        "DELETE FROM prices; UPDATE plans SET id = id + 10; INSERT INTO plans VALUES (1, 'x'); INSERT INTO prices VALUES (1, 5);",
        `${PLANS} CREATE TABLE prices (plan_id INTEGER REFERENCES plans (id), price INTEGER); INSERT INTO prices VALUES (1, 5);`,
      ],
      ['one of the values is another', `${MOVED} UPDATE plans SET title = 'Free' WHERE id = 11;`, PLANS],
      ['one is gone', `${MOVED} DELETE FROM plans WHERE id = 12;`, PLANS],
    ])('%s: not proven', async (_what, change, seed) => {
      const seen = await numbered(change, seed)
      expect(seen.proven).toEqual([])
      expect(whyOf(seen)).toContain('into plans')
    })
  })

  const UNKNOWN =
    'Whether it ran and they were changed or deleted since, or never ran, the database does not show.'
  test.each<[string, string[], string, number, string]>([
    [
      'by the application',
      [],
      "UPDATE plans SET title = 'gratis' WHERE id = 1;",
      0,
      `1 row that it inserts into plans: the key is there, with other values (id = 1). ${UNKNOWN}`,
    ],
    [
      'deleted',
      [],
      'DELETE FROM plans;',
      0,
      `Of 2 rows that it inserts into plans neither key nor values are there (id = 1; id = 2). ${UNKNOWN}`,
    ],
    [
      'under other numbers, and another row has the values of one',
      [],
      "UPDATE plans SET id = id + 10; INSERT INTO plans (title) VALUES ('free');",
      0,
      `1 row that it inserts into plans has its number from SQLite, and another row with equal values leaves open which it is (id = 1). ${UNKNOWN}`,
    ],
    [
      'by an upsert that never ran',
      ["INSERT INTO plans VALUES (1, 'gratis') ON CONFLICT (id) DO UPDATE SET title = excluded.title;"],
      "UPDATE plans SET title = 'free' WHERE id = 1;",
      1,
      `1 row that it changes in plans: the key is there, with other values (id = 1). ${UNKNOWN}`,
    ],
    [
      'deleted by a later file that is not whole',
      ['DELETE FROM plans; CREATE INDEX plans_title ON plans (title);'],
      'DROP INDEX plans_title;',
      0,
      'The database does not show whether it ran.',
    ],
  ])(
    '%s: not proven, and nothing is said that was not seen',
    async (_what, later, application, proven, why) => {
      const files = Object.fromEntries([PLANS, ...later].map((sql, at) => [NAMES[at] ?? '', sql]))
      const seen = await prove(files, [PLANS, ...later, application].join('\n'))
      expect(seen.proven).toEqual(NAMES.slice(0, proven))
      expect(whyOf(seen)).toBe(why)
    },
  )

  test('a chosen key with other values does not prove an upsert of it', async () => {
    const table =
      "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT);\nINSERT INTO settings VALUES ('mode', 'old');"
    const upsert = "INSERT OR REPLACE INTO settings VALUES ('mode', 'new');"
    const files = { '0001.sql': table, '0002.sql': upsert }
    expect((await prove(files, table)).proven).toEqual(['0001.sql'])
    expect((await prove(files, table + upsert)).proven).toEqual(['0001.sql', '0002.sql'])
  })
})

describe('whether the first file that is not proven would run on the database', () => {
  test.each<[string, string, string | undefined]>([
    ['on nothing', '', undefined],
    ['where half of it is there', 'CREATE TABLE a (x TEXT);', 'line 1: table a already exists'],
    [
      'where only its rows are missing',
      'CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT PRIMARY KEY);',
      'line 1: table a already exists',
    ],
  ])('%s', async (_what, live, fails) => {
    const sql = "CREATE TABLE a (x TEXT);\nCREATE TABLE b (y TEXT PRIMARY KEY);\nINSERT INTO b VALUES ('z');"
    const [first] = (await prove({ '0001.sql': sql }, live)).notProven
    expect(first?.fails).toBe(fails)
  })
})

describe('files that only change rows are proven by what they would still do', () => {
  const users = `${INIT}\nINSERT INTO users VALUES ('u1', 'A@EXAMPLE.COM'), ('u2', 'b@example.com');`
  const lower = (live: string, sql: string): Promise<Adoption> =>
    prove({ '0001_init.sql': INIT, '0002_data.sql': sql, '0003_posts.sql': POSTS }, `${live}\n${POSTS}`)

  test.each([
    ['an UPDATE that finds nothing', "UPDATE users SET email = 'x' WHERE email = '';"],
    ['an UPDATE whose values are there', 'UPDATE users SET email = email;'],
    ['a DELETE that finds nothing', "DELETE FROM users WHERE id = 'u9';"],
    [
      'a copy whose rows are there',
      "INSERT INTO users (id, email) SELECT id, email FROM users WHERE id = 'u1';",
    ],
    ['a copy that ignores what is there', 'INSERT OR IGNORE INTO users SELECT id, email FROM users;'],
  ])('%s: proven', async (_what, sql) => {
    expect((await lower(users, sql)).proven).toEqual(['0001_init.sql', '0002_data.sql', '0003_posts.sql'])
  })

  test.each([
    [
      'an UPDATE',
      'UPDATE users SET email = lower(email);',
      'The statement in line 1 would still change 1 row of users.',
    ],
    [
      'a DELETE',
      "DELETE FROM users WHERE id = 'u2';",
      'The statement in line 1 would still change 1 row of users.',
    ],
    [
      'a copy',
      "INSERT INTO users SELECT id || '-copy', email FROM users;",
      'The statement in line 1 would still change 2 rows of users.',
    ],
    [
      'one that never ends twice the same',
      "UPDATE users SET email = hex(randomblob(4)) WHERE id = 'u1';",
      'The statement in line 1 would still change 1 row of users.',
    ],
  ])('%s that would: not proven, and nothing behind it', async (_what, sql, why) => {
    const seen = await lower(users, sql)
    expect(seen.proven).toEqual(['0001_init.sql'])
    expect(whyOf(seen)).toBe(why)
  })

  test('one that cannot be run any more: not proven', async () => {
    const files = {
      '0001_a.sql': 'CREATE TABLE a (x TEXT, y TEXT);',
      '0002_b.sql': 'UPDATE a SET x = y;',
      '0003_c.sql': 'ALTER TABLE a DROP COLUMN y;',
    }
    const seen = await prove(files, 'CREATE TABLE a (x TEXT); INSERT INTO a VALUES (1);')
    expect(seen.proven).toEqual([])
    expect(seen.notProven.map(({ why }) => why).join()).toContain(
      'cannot be read from the database: no such column: y',
    )
  })

  test('no trial changes the copy that it is given', async () => {
    const files = {
      '0001_init.sql': INIT,
      '0002_data.sql': 'DELETE FROM users;',
      '0003_more.sql': "UPDATE users SET email = '';",
    }
    const seen = await prove(files, users)
    expect(seen.notProven.map(({ why }) => why)).toEqual([
      'The statement in line 1 would still change 2 rows of users.',
      'The statement in line 1 would still change 2 rows of users.',
    ])
  })
})
