import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { validateMigrations } from '../../../src/analysis/validate/validate.js'
import { HARMLESS } from '../../corpus/harmless.js'
import { folderOf, migrationFile } from '../scenario-run.js'

const errorsOf = async (files: Record<string, string>, applied?: string[]): Promise<string[]> => {
  const { findings } = await validateMigrations({
    files: Object.entries(files).map(([name, sql]) => migrationFile(name, sql)),
    ...(applied === undefined ? {} : { applied }),
  })
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code, migration, line }) => `${code} ${migration}:${line ?? 0}`)
}

describe('validate, from the files alone', () => {
  test.each(HARMLESS)('raises no error for: $name', async (scenario) => {
    const { files } = folderOf(scenario)
    for (const applied of [undefined, folderOf(scenario).applied]) {
      const { findings } = await validateMigrations({ files, ...(applied === undefined ? {} : { applied }) })
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    }
  })

  test('names file and line of what cannot run, and does not blame the files after it', async () => {
    const files = {
      '0001_a.sql': 'CREATE TABLE a (id INTEGER PRIMARY KEY);',
      '0002_b.sql':
        '-- b\nCREATE TABLE b (id INTEGER PRIMARY KEY);\nCREATE TABEL c (id INTEGER);\nCREATE TABLE d (x);',
      '0003_c.sql':
        'ALTER TABLE b ADD COLUMN x TEXT; ALTER TABLE c ADD COLUMN y TEXT; ALTER TABLE d ADD COLUMN z;',
    }
    expect(await errorsOf(files)).toEqual(['SY101 0002_b.sql:3'])
  })

  describe('a rebuilt parent that rows reference without an action', () => {
    const first = `CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT);
      CREATE TABLE p (id INTEGER PRIMARY KEY, u_id INTEGER REFERENCES u (id) ON DELETE RESTRICT);
      CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id));`
    const rebuilt = `CREATE TABLE u2 (id INTEGER PRIMARY KEY, n TEXT NOT NULL); INSERT INTO u2 SELECT * FROM u; DROP TABLE u; ALTER TABLE u2 RENAME TO u;`
    const grown = (to: string) =>
      `CREATE TABLE t2 (id INTEGER PRIMARY KEY, up INTEGER REFERENCES ${to} (id), n TEXT); INSERT INTO t2 (id, up) SELECT id, up FROM tree; DROP TABLE tree; ALTER TABLE t2 RENAME TO tree;`
    const FAILS = 'DROP TABLE u fails as long as rows of p reference it: foreign keys stay on.'
    const OWN = 'DROP TABLE tree fails as long as rows of t2 reference it: foreign keys stay on.'

    test.each([
      ['is told', rebuilt, [FAILS]],
      ['is told where the keys are only deferred', `PRAGMA defer_foreign_keys = ON; ${rebuilt}`, [FAILS]],
      [
        'is told where they are no longer',
        `PRAGMA defer_foreign_keys = 1; PRAGMA defer_foreign_keys = 0; ${rebuilt}`,
        [FAILS],
      ],
      ['is forgiven', `PRAGMA defer_foreign_keys=ON; ${rebuilt} PRAGMA defer_foreign_keys=OFF;`, []],
      [
        'is forgiven in other words',
        `PRAGMA defer_foreign_keys(1); ${rebuilt} PRAGMA defer_foreign_keys = 0;`,
        [],
      ],
      ['is told of a table that references itself by name', grown('tree'), [OWN]],
      ['is none where the copy references itself', grown('t2'), []],
    ])('%s', async (_, sql, said) => {
      const { findings } = await validateMigrations({
        files: [migrationFile('0001_a.sql', first), migrationFile('0002_b.sql', sql)],
        applied: ['0001_a.sql'],
      })
      expect(findings.filter(({ code }) => code === 'DL101').map(({ message }) => message)).toEqual(said)
    })
  })

  test('advises an upsert where a REPLACE takes the rows that reference the one in the way', async () => {
    const first = `CREATE TABLE plan (id INTEGER PRIMARY KEY, n TEXT);
      CREATE TABLE sub (id INTEGER PRIMARY KEY, plan_id INTEGER REFERENCES plan (id) ON DELETE CASCADE);`
    const { findings } = await validateMigrations({
      files: [
        migrationFile('0001_a.sql', first),
        migrationFile('0002_b.sql', `INSERT OR REPLACE INTO plan VALUES (2, 'pro');`),
      ],
      applied: ['0001_a.sql'],
    })
    expect(findings.find(({ code }) => code === 'DL101')).toMatchObject({
      advice: expect.stringContaining('ON CONFLICT … DO UPDATE'),
    })
  })

  test.each([
    ['the ledger by its own name', 'my_ledger', 'my_ledger', ['LG101']],
    ['the ledger by the name that most have, where it has another', 'd1_migrations', 'my_ledger', []],
    ['the ledger of a project that names none', 'd1_migrations', undefined, ['LG101']],
    ['a table that is the ledger elsewhere', 'my_ledger', undefined, []],
  ])('knows a write to %s', async (_, written, migrationsTable, codes) => {
    const sql = `CREATE TABLE IF NOT EXISTS ${written} (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO ${written} (name) VALUES ('0000_gone.sql');`
    const { findings } = await validateMigrations({
      files: [migrationFile('0001_a.sql', sql)],
      ...(migrationsTable === undefined ? {} : { migrationsTable }),
    })
    expect([...new Set(findings.map(({ code }) => code))].filter((code) => code.startsWith('LG'))).toEqual(
      codes,
    )
  })

  test('never blocks for what is applied', async () => {
    const files = {
      '0001_a.sql': 'BEGIN TRANSACTION; CREATE TABLE a (id INTEGER PRIMARY KEY); COMMIT; DROP TABLE nothing;',
      '0001_b.sql': 'VACUUM; SELECT 1',
      'odd.sql': 'CREATE TABLE o (c INTEGER REFERENCES nobody (id));',
      '0009_next.sql': 'ALTER TABLE a ADD COLUMN x TEXT;',
    }
    expect(await errorsOf(files, ['0001_a.sql', '0001_b.sql', 'odd.sql'])).toEqual([])
  })

  test('does not blame a chain that starts from a schema made elsewhere', async () => {
    const files = {
      '0001_a.sql': 'ALTER TABLE users ADD COLUMN x TEXT;',
      '0002_b.sql':
        'CREATE TABLE b (id INTEGER PRIMARY KEY, u INTEGER REFERENCES users (id)); CREATE INDEX u_x ON users (x);',
    }
    expect(await errorsOf(files)).toEqual([])
  })

  test.each([
    [
      'two values change places',
      `UPDATE t SET p = NULL WHERE id = 1; UPDATE t SET p = 1 WHERE id = 2; UPDATE t SET p = 2 WHERE id = 1;`,
      [],
    ],
    [
      'values of all rows change places',
      `UPDATE t SET p = NULL WHERE p = 1; UPDATE t SET p = 1 WHERE p = 2; UPDATE t SET p = 2 WHERE p IS NULL;`,
      [],
    ],
    [
      'another column is set later',
      `UPDATE t SET p = NULL WHERE id = 1; UPDATE t SET q = 1 WHERE id = 1;`,
      ['DL103'],
    ],
    [
      'the column was set before',
      `UPDATE t SET p = 1 WHERE id = 2; UPDATE t SET p = NULL WHERE id = 1;`,
      ['DL103'],
    ],
    ['every row is cleared first', `UPDATE t SET p = NULL; UPDATE t SET p = 1 WHERE id = 1;`, ['DL103']],
  ])('a NULL on the way is no loss, one that stays may be: %s', async (_, sql, codes) => {
    const { findings } = await validateMigrations({
      files: [
        migrationFile('0001_a.sql', 'CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER UNIQUE, q INTEGER);'),
        migrationFile('0002_b.sql', sql),
      ],
      applied: ['0001_a.sql'],
    })
    expect(findings.map(({ code }) => code).filter((code) => code === 'DL103')).toEqual(codes)
  })

  const PARTS = 'CREATE TABLE parts (t_id INTEGER PRIMARY KEY, q TEXT);'
  test.each<[string, string, string[]]>([
    ['nullif', `UPDATE t SET q = nullif(q, '');`, [`UPDATE clears t.q where nullif() finds ''.`]],
    [
      'nullif in the copy of a rebuild',
      `CREATE TABLE t2 (id INTEGER PRIMARY KEY, q TEXT, n REAL); INSERT INTO t2 SELECT id, nullif(trim(q), '-'), n FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t;`,
      [`The copy clears t.q where nullif() finds '-'.`],
    ],
    [
      'a CASE that says NULL',
      `UPDATE t SET q = CASE WHEN q = 'none' THEN NULL ELSE q END;`,
      ['UPDATE clears t.q where its CASE says NULL.'],
    ],
    ['round()', 'UPDATE t SET n = round(n);', ['UPDATE may leave shorter numbers in t.n than were there.']],
    [
      'CAST',
      'UPDATE t SET n = CAST(n AS INTEGER);',
      ['UPDATE may leave shorter numbers in t.n than were there.'],
    ],
    [
      'a move of what is not empty',
      `${PARTS} INSERT INTO parts SELECT id, q FROM t WHERE q <> ''; ALTER TABLE t DROP COLUMN q;`,
      ['t.q goes on to parts only where the WHERE lets it; then the column is dropped.'],
    ],
    [
      'an UPDATE of the rows that have nothing there',
      `ALTER TABLE t ADD COLUMN r TEXT; UPDATE t SET r = q WHERE id > 5; ALTER TABLE t DROP COLUMN q;`,
      ['t.q goes on to t only where the WHERE lets it; then the column is dropped.'],
    ],
    [
      'some rows of a table that is dropped',
      `${PARTS} INSERT INTO parts SELECT id, q FROM t WHERE n > 1; SELECT 1; DROP TABLE t;`,
      ['Rows of t go to parts only where the WHERE lets them; then the table is dropped.'],
    ],
    [
      'an UPDATE … FROM, whose WHERE joins',
      `${PARTS} UPDATE parts SET q = t.q FROM t WHERE t.id = t_id; ALTER TABLE t DROP COLUMN q;`,
      [],
    ],
    ['nullif of another column', `UPDATE t SET q = nullif(n, 0);`, []],
    ['a CASE that says words', `UPDATE t SET q = CASE WHEN q = 'a' THEN 'b' ELSE q END;`, []],
    ['a number in another unit', 'UPDATE t SET n = round(n * 100);', []],
    ['a date of a time', 'UPDATE t SET q = date(q);', []],
    [
      'a move of all that is there',
      `${PARTS} INSERT INTO parts SELECT t.id, t.q FROM t WHERE t.q IS NOT NULL; ALTER TABLE t DROP COLUMN q;`,
      [],
    ],
    ...[
      'q IS NOT NULL OR n > 1',
      '(q IS NOT NULL)',
      't.q NOTNULL',
      'n > 1 OR (q IS NOT NULL AND coalesce(q, n) IS NOT NULL)',
      'coalesce(q, n) IS NOT NULL',
      'q IS NOT NULL ORDER BY id',
    ].map((condition): [string, string, string[]] => [
      `a move where ${condition}`,
      `${PARTS} INSERT INTO parts SELECT id, q FROM t WHERE ${condition}; ALTER TABLE t DROP COLUMN q;`,
      [],
    ]),
    ...['q IS NOT NULL AND n > 1', 'n IS NOT NULL', 'length(q) > 3 OR n > 1', 'q IS NOT NULL LIMIT 5'].map(
      (condition): [string, string, string[]] => [
        `a move of some where ${condition}`,
        `${PARTS} INSERT INTO parts SELECT id, q FROM t WHERE ${condition}; ALTER TABLE t DROP COLUMN q;`,
        ['t.q goes on to parts only where the WHERE lets it; then the column is dropped.'],
      ],
    ),
    [
      'a move of all, and of some',
      `${PARTS} INSERT INTO parts SELECT id, q FROM t; UPDATE parts SET q = (SELECT q FROM t WHERE id = t_id) WHERE t_id = 1; ALTER TABLE t DROP COLUMN q;`,
      [],
    ],
    [
      'another condition, and nothing is dropped',
      `${PARTS} INSERT INTO parts SELECT id, q FROM t WHERE n > 1;`,
      [],
    ],
  ])('what a rehearsal may find to be lost is told: %s', async (_, sql, says) => {
    const { findings } = await validateMigrations({
      files: [
        migrationFile('0001_a.sql', 'CREATE TABLE t (id INTEGER PRIMARY KEY, q TEXT, n REAL);'),
        migrationFile('0002_b.sql', sql),
      ],
      applied: ['0001_a.sql'],
    })
    expect(findings.filter(({ code }) => code === 'DL103').map(({ message }) => message)).toEqual(says)
  })

  test('a seed that needs a row of production is a warning', async () => {
    const files = {
      '0001_a.sql':
        'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER NOT NULL REFERENCES p (id));',
      '0002_b.sql': 'INSERT INTO c VALUES (7);',
    }
    expect(await errorsOf(files)).toEqual([])
  })

  test('a misspelt table is an error', async () => {
    const files = {
      '0001_a.sql': 'CREATE TABLE users (id INTEGER PRIMARY KEY);',
      '0002_b.sql': 'ALTER TABLE userz ADD COLUMN x TEXT;',
    }
    expect(await errorsOf(files)).toEqual(['SY101 0002_b.sql:1'])
  })
})

describe('a column that only an empty table takes', () => {
  const saidOf = async (column: string): Promise<string[]> => {
    const base = 'CREATE TABLE a (id INTEGER PRIMARY KEY);'
    const files = [
      migrationFile('0001_a.sql', base),
      migrationFile('0002_b.sql', `ALTER TABLE a ADD COLUMN ${column};`),
    ]
    const { findings } = await validateMigrations({ files })
    return findings.map(({ code, message }) => `${code} ${message}`)
  }

  test.each([
    'ref TEXT NOT NULL',
    'ref NOT NULL',
    'ref TEXT NOT NULL DEFAULT NULL',
    'ref TEXT NOT NULL DEFAULT (NULL)',
    `ref TEXT CHECK (ref <> '') NOT NULL`,
    'ref INTEGER NOT NULL REFERENCES a (id)',
  ])('%s', async (column) => {
    expect(await saidOf(column)).toEqual([
      'MF104 ADD COLUMN ref is NOT NULL without a default: refused as soon as a has rows.',
    ])
    const database = new DatabaseSync(':memory:')
    database.exec('CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1);')
    expect(() => {
      database.exec(`ALTER TABLE a ADD COLUMN ${column}`)
    }).toThrow()
    database.close()
  })

  test.each([
    `ref TEXT NOT NULL DEFAULT ''`,
    'ref TEXT NOT NULL DEFAULT (0)',
    'ref TEXT DEFAULT NULL',
    'ref TEXT CHECK (ref IS NOT NULL OR id > 0)',
    'ref INTEGER NOT NULL AS (id + 1)',
    'ref INTEGER GENERATED ALWAYS AS (id) VIRTUAL NOT NULL',
  ])('not %s', async (column) => {
    expect(await saidOf(column)).toEqual([])
  })
})

describe('what a folder leads to is judged before the first file that fails', () => {
  const BASE = 'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT id FROM p;'
  const codesIn = async (...texts: string[]): Promise<string[]> => {
    const files = texts.map((sql, at) => migrationFile(`000${at + 1}_x.sql`, sql))
    return (await validateMigrations({ files })).findings.map(({ code, migration }) => `${code} ${migration}`)
  }

  test.each([
    ['a view over a table that it drops', 'DROP TABLE p; NONSENSE;'],
    [
      'a key to a table that it would make',
      'CREATE TABLE c (p INTEGER REFERENCES q (id)); CREATE TABEL q (id);',
    ],
    ['a rebuild that breaks off', 'DROP TABLE p; CREATE TABEL p (id);'],
  ])('not on what it left half done: %s', async (_what, sql) => {
    const codes = await codesIn(BASE, sql)
    expect(codes).toContain('SY101 0002_x.sql')
    expect(codes.filter((code) => /^(?:TR101|FK10)/.test(code))).toEqual([])
  })

  test('and what was broken before it is told', async () => {
    expect(await codesIn(BASE, 'DROP TABLE p;', 'NONSENSE;')).toContain('TR101 0002_x.sql')
    expect(await codesIn('CREATE TABLE c (p INTEGER REFERENCES q (id));', 'NONSENSE;')).toContain(
      'FK101 0001_x.sql',
    )
  })
})

describe('rows that a statement copies into their own table', () => {
  const LOG = `CREATE TABLE log (id INTEGER PRIMARY KEY, lang TEXT, line TEXT); CREATE TABLE word (line TEXT UNIQUE);`
  const told = async (sql: string): Promise<string[]> => {
    const { findings } = await validateMigrations({
      files: [migrationFile('0001_a.sql', LOG), migrationFile('0002_b.sql', sql)],
    })
    return findings
      .filter(({ code }) => code === 'DL102')
      .map(({ severity, message }) => `${severity} ${message}`)
  }
  const SAID =
    'warning INSERT copies rows of log into log itself, as they are: each of them is there twice afterwards.'

  test.each([
    ['all of them', 'INSERT INTO log (lang, line) SELECT lang, line FROM log;'],
    ['some of them', `INSERT INTO log (lang, line) SELECT lang, line FROM log WHERE lang = 'en';`],
    ['one column of them', 'INSERT INTO log (line) SELECT line FROM log;'],
  ])('are told: %s', async (_, sql) => {
    expect(await told(sql)).toEqual([SAID])
  })

  test.each([
    ['a word tells them apart', `INSERT INTO log (lang, line) SELECT 'de', line FROM log WHERE lang = 'en';`],
    ['a line is written otherwise', `INSERT INTO log (lang, line) SELECT lang, upper(line) FROM log;`],
    ['a key refuses them', 'INSERT OR IGNORE INTO word SELECT line FROM word;'],
    ['they are of another table', 'INSERT INTO word SELECT line FROM log;'],
    ['the file makes the table', 'CREATE TABLE n (a TEXT); INSERT INTO n SELECT a FROM n;'],
  ])('are not spoken of where %s', async (_, sql) => {
    expect(await told(sql)).toEqual([])
  })
})
