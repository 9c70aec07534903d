import { describe, expect, test } from 'vitest'
import { rehearsedOn, wayBackFrom } from './rehearsed.js'

const SCHEMA = `CREATE TABLE p (id INTEGER PRIMARY KEY, mail TEXT NOT NULL UNIQUE COLLATE NOCASE, n INTEGER CHECK (n > 0), note TEXT);
CREATE TABLE tags (p INTEGER NOT NULL REFERENCES p (id), tag TEXT NOT NULL, PRIMARY KEY (p, tag));
CREATE INDEX by_tag ON tags (tag);
CREATE TABLE u (id INTEGER PRIMARY KEY, mail TEXT, n INTEGER);
CREATE UNIQUE INDEX one ON u (mail);
CREATE TABLE m (id INTEGER PRIMARY KEY, mail TEXT, n INTEGER, note TEXT);
CREATE TABLE k (word TEXT);
INSERT INTO k VALUES ('a'), ('a'), ('b');
INSERT INTO m VALUES (1, 'a', 1, 'x'), (9, 'z', 5, 'y');
INSERT INTO p VALUES (1, 'a', 1, 'x'), (2, 'b', 2, NULL);`

async function conditionsOfPlan(forward: string) {
  const rehearsed = await rehearsedOn(SCHEMA, forward)
  expect(rehearsed.evidence.failures).toEqual([])
  const back = await wayBackFrom(rehearsed)
  expect(back).toMatchObject({ available: true })
  return back.conditions ?? []
}

const P =
  'id INTEGER PRIMARY KEY, mail TEXT NOT NULL UNIQUE COLLATE NOCASE, n INTEGER CHECK (n > 0), note TEXT'
const T = 'p INTEGER NOT NULL REFERENCES p (id), tag TEXT NOT NULL, PRIMARY KEY (p, tag)'
const anew = (table: 'p' | 'tags', body: string): string =>
  `PRAGMA defer_foreign_keys = ON; CREATE TABLE x (${body}); INSERT INTO x SELECT * FROM ${table}; DROP TABLE ${table}; ALTER TABLE x RENAME TO ${table};`

describe('the plan says what rows written later can do to its reverse', () => {
  test.each([
    ['rows go', 'DELETE FROM p WHERE id = 2;', [{ kind: 'deleted', table: 'p' }]],
    [
      'rows without a key go',
      'DELETE FROM k WHERE rowid = 2;',
      [{ kind: 'deleted', table: 'k', text: 'rowid' }],
    ],
    [
      'a primary key goes',
      anew('tags', T.replace(', PRIMARY KEY (p, tag)', '')),
      [{ kind: 'unique', columns: ['p', 'tag'] }],
    ],
    ['a UNIQUE goes', anew('p', P.replace('UNIQUE ', '')), [{ kind: 'unique', columns: ['mail'] }]],
    [
      'a UNIQUE tells more apart',
      anew('p', P.replace(' COLLATE NOCASE', '')),
      [{ kind: 'unique', columns: ['mail'] }],
    ],
    [
      'a NOT NULL goes',
      anew('p', P.replace('NOT NULL ', '')),
      [{ kind: 'null', columns: ['mail'], text: `''` }],
    ],
    ['a CHECK goes', anew('p', P.replace(' CHECK (n > 0)', '')), [{ kind: 'check', text: 'n > 0' }]],
    ['a CHECK takes more', anew('p', P.replace('n > 0', 'n > -9')), [{ kind: 'check', text: 'n > 0' }]],
    [
      'a foreign key goes',
      anew('tags', T.replace(' REFERENCES p (id)', '')),
      [{ kind: 'foreign-key', columns: ['p'], text: 'p' }],
    ],
    [
      'a type takes more',
      anew('p', P.replace('n INTEGER', 'n TEXT')),
      [{ kind: 'type', columns: ['n'], text: 'INTEGER' }],
    ],
    ...[
      ['is over more columns', '(mail, n)'],
      ['is about some rows', '(mail) WHERE n IS NOT NULL'],
      ['may take more', `(nullif(mail, ''))`],
    ].map(([name, on]): [string, string, object[]] => [
      `a unique index ${name}`,
      `DROP INDEX one; CREATE UNIQUE INDEX one ON u ${on};`,
      [{ kind: 'unique', columns: ['mail'] }],
    ]),
    ['values change', 'UPDATE p SET n = n + 1;', [{ kind: 'update', columns: ['n'] }]],
    [
      'a NULL is filled',
      `UPDATE p SET note = 'y' WHERE note IS NULL;`,
      [{ kind: 'update', columns: ['note'] }],
    ],
    ['a table goes', 'DROP TABLE tags; DROP TABLE p;', [{ kind: 'dropped', table: 'p' }]],
    [
      'a table is merged into another',
      'INSERT INTO m SELECT * FROM p WHERE true ON CONFLICT (id) DO UPDATE SET n = excluded.n; DROP TABLE tags; DROP TABLE p;',
      [{ kind: 'dropped', table: 'p', text: 'm' }],
    ],
    ['a column goes', 'ALTER TABLE p DROP COLUMN note;', [{ kind: 'no-value', columns: ['note'] }]],
  ])('%s', async (_, forward, wanted) => {
    expect(await conditionsOfPlan(forward)).toMatchObject(wanted)
  })
})

describe('it says nothing where later rows can do nothing', () => {
  test.each([
    ['a column comes', 'ALTER TABLE p ADD COLUMN w TEXT;'],
    ['an empty table goes', 'DROP TABLE tags;'],
    ['a table comes', 'CREATE TABLE q (id INTEGER PRIMARY KEY);'],
    ['a table is made anew as it was', anew('tags', T)],
    ['a column has another name', 'ALTER TABLE tags RENAME COLUMN tag TO label;'],
    ['what was free is held', anew('p', P.replace('note TEXT', 'note TEXT UNIQUE'))],
    ['an index that is not unique goes', 'DROP INDEX by_tag;'],
    ...['(mail COLLATE NOCASE)', '(lower(mail))', '(lower(mail)) WHERE mail IS NOT NULL'].map((on) => [
      `a unique index refuses more by ${on}`,
      `DROP INDEX one; CREATE UNIQUE INDEX one ON u ${on};`,
    ]),
    [
      'a unique index leaves NULLs out',
      'DROP INDEX one; CREATE UNIQUE INDEX one ON u (mail) WHERE mail IS NOT NULL;',
    ],
  ])('%s', async (_, forward = '') => {
    expect(await conditionsOfPlan(forward)).toEqual([])
  })
})
