import { describe, expect, test } from 'vitest'
import { judgeScenario } from '../scenario-run.js'

const schema = `
CREATE TABLE users (id INTEGER PRIMARY KEY, n TEXT, m TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE, t TEXT, q TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, about INTEGER, text TEXT);
CREATE TABLE pads (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE stats (k TEXT, v INTEGER);
CREATE TRIGGER users_noted AFTER UPDATE OF m ON users BEGIN UPDATE notes SET text = new.m WHERE about = new.id; END;`
const rows = `
INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', NULL), (3, 'c', 'z'), (4, 'd', 'w');
INSERT INTO posts VALUES (1, 1, 'x', 'p'), (2, 1, 'y', 'q'), (3, 2, 'z', 'r'), (4, 3, 'w', 's'), (5, 3, 'v', 't');
INSERT INTO notes VALUES (1, 1, 'x'), (2, 3, 'z');
INSERT INTO pads VALUES (1, 'k'), (2, 'l'), (6, 'm');`

/** `CODE table.column file:line`, with a star where it is accepted. */
async function placesOf(migration: string | Record<string, string>): Promise<string[]> {
  const findings = await judgeScenario({ name: '', schema, rows, migration, verdict: 'ok', codes: [] })
  return findings
    .filter(({ code }) => /^(?:DL|CH|AK)/.test(code))
    .map(({ code, table, column, migration: file, line, accepted }) =>
      [code, [table, column].filter(Boolean).join('.'), `${file.slice(0, 4)}:${line ?? '-'}`, accepted && '*']
        .filter(Boolean)
        .join(' '),
    )
    .sort()
}

const READS = `INSERT INTO stats SELECT 'n', count(n) FROM users;`
const COPIES = (select: string): string =>
  `CREATE TABLE users_new (id INTEGER PRIMARY KEY, n TEXT, m TEXT);
INSERT INTO users_new SELECT ${select};
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;`

describe('a loss or change is told where it happens', () => {
  test.each<[string, string | Record<string, string>, string[]]>([
    [
      'before a statement that only asks for the column',
      `UPDATE users SET n = NULL WHERE id > 1;\nUPDATE users SET m = 'seen' WHERE n IS NULL AND id = 4;`,
      ['CH101 users.m 0002:2', 'DL103 users.n 0002:1'],
    ],
    [
      'in the copy of a rebuild, before a file that reads the table',
      { '0002_a.sql': `DROP TABLE posts;\n${COPIES('id, upper(n), NULL FROM users')}`, '0003_b.sql': READS },
      ['CH101 users.n 0002:3', 'DL102 posts 0002:1', 'DL103 users.m 0002:3'],
    ],
    [
      'in the DROP of a rebuild without a copy, before a DELETE that finds nothing',
      `DROP TABLE pads;\nCREATE TABLE pads (id INTEGER PRIMARY KEY, text TEXT);\nDELETE FROM pads WHERE id = 1;`,
      ['DL102 pads 0002:1'],
    ],
    [
      'in the copy that leaves rows out, before a file that reads the table',
      { '0002_a.sql': `DROP TABLE posts;\n${COPIES('* FROM users WHERE id > 1')}`, '0003_b.sql': READS },
      ['DL102 posts 0002:1', 'DL102 users 0002:3'],
    ],
    [
      'where NULLs are filled, before a statement that reads the column',
      {
        '0002_a.sql': `UPDATE users SET m = coalesce(m, 'none');\nUPDATE users SET n = 'q' WHERE m = 'z';`,
        '0003_b.sql': READS,
      },
      ['CH101 users.n 0002:2', 'CH102 users.m 0002:1'],
    ],
    [
      'under the name that the table had then',
      `ALTER TABLE notes RENAME TO remarks;\nUPDATE remarks SET text = 'q' WHERE id = 1;\nALTER TABLE remarks RENAME TO memos;\nUPDATE memos SET about = 3 WHERE text = 'q';`,
      ['CH101 notes.about 0002:4', 'CH101 notes.text 0002:2'],
    ],
    [
      'in the statement that sets off the trigger',
      `UPDATE users SET m = 'k' WHERE id = 1;\nUPDATE notes SET about = 2 WHERE text = 'k';`,
      ['CH101 notes.about 0002:2', 'CH101 notes.text 0002:1', 'CH101 users.m 0002:1'],
    ],
    [
      'in the UPDATE that changes values, before one that writes what is there',
      `UPDATE users SET n = upper(n) WHERE id < 3;\nUPDATE users SET n = trim(n);\nUPDATE users SET n = n WHERE id = 1;`,
      ['CH101 users.n 0002:1'],
    ],
    [
      'in the UPDATE that changes values, before one that clears others',
      `UPDATE users SET n = upper(n) WHERE id < 3;\nUPDATE users SET n = NULL WHERE id = 4;\nUPDATE users SET n = trim(n);`,
      ['CH101 users.n 0002:1', 'DL103 users.n 0002:2'],
    ],
    [
      'in the file that changes values, before one that finds them changed',
      { '0002_a.sql': `UPDATE users SET n = upper(n);`, '0003_b.sql': `UPDATE users SET n = upper(n);` },
      ['CH101 users.n 0002:1'],
    ],
    [
      'where the column goes, after a copy that leaves values out',
      `CREATE TABLE q (post_id INTEGER PRIMARY KEY, q TEXT);\nINSERT INTO q SELECT id, q FROM posts WHERE id < 3;\nALTER TABLE posts DROP COLUMN q;`,
      ['DL103 posts.q 0002:3'],
    ],
    [
      'where the column goes, accepted there',
      `CREATE TABLE q (post_id INTEGER PRIMARY KEY, q TEXT);\nINSERT INTO q SELECT id, q FROM posts WHERE id < 3;\n-- d1-runbook: accept DL103 posts.q: known\nALTER TABLE posts DROP COLUMN q;`,
      ['DL103 posts.q 0002:4 *'],
    ],
    [
      'in the copy that leaves rows out, before the table goes',
      `CREATE TABLE pads_kept (id INTEGER PRIMARY KEY, text TEXT, note TEXT);\nINSERT INTO pads_kept (id, text) SELECT id, text FROM pads WHERE id < 3;\nSELECT 1;\nDROP TABLE pads;`,
      ['DL102 pads 0002:2'],
    ],
    [
      'where the column goes, after an UPDATE that leaves values out',
      `UPDATE posts SET t = q WHERE id = 1;\nALTER TABLE posts DROP COLUMN q;`,
      ['CH101 posts.t 0002:1', 'DL103 posts.q 0002:2'],
    ],
    [
      'in the copy of a rebuild that keeps some of a column in another',
      `CREATE TABLE users_new (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO users_new SELECT id, CASE WHEN id = 1 THEN m ELSE n END FROM users;\nDROP TABLE posts;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;`,
      ['CH101 users.n 0002:2', 'DL102 posts 0002:3', 'DL103 users.m 0002:2'],
    ],
    [
      'in the column drop where nothing of it was copied',
      `UPDATE posts SET t = 'q' WHERE id = 1;\nALTER TABLE pads ADD COLUMN q TEXT;\nALTER TABLE posts DROP COLUMN q;`,
      ['CH101 posts.t 0002:1', 'DL103 posts.q 0002:3'],
    ],
    [
      'in the DELETE that finds rows',
      `DELETE FROM notes WHERE id = 1;\nDELETE FROM notes WHERE id = 99;`,
      ['DL102 notes 0002:1'],
    ],
    [
      'in each of two files that delete',
      { '0002_a.sql': 'DELETE FROM notes WHERE id = 1;', '0003_b.sql': 'DELETE FROM notes WHERE id = 2;' },
      ['DL102 notes 0002:1', 'DL102 notes 0003:1'],
    ],
    [
      'in each of two UPDATEs that clear',
      {
        '0002_a.sql': 'UPDATE users SET n = NULL WHERE id = 1;',
        '0003_b.sql': `UPDATE users SET n = '' WHERE id > 2;`,
      },
      ['DL103 users.n 0002:1', 'DL103 users.n 0003:1'],
    ],
    [
      'in the REPLACE that leaves columns out, before rows that are added',
      `INSERT OR REPLACE INTO notes (id, about) VALUES (1, 1);\nINSERT INTO notes (id, about) VALUES (9, 2);`,
      ['DL103 notes.text 0002:1'],
    ],
    [
      'in the DELETE before a rebuild, and in its copy',
      `DELETE FROM pads WHERE id = 1;\nCREATE TABLE n (id INTEGER PRIMARY KEY, text TEXT);\nINSERT INTO n SELECT * FROM pads WHERE id > 5;\nDROP TABLE pads;\nALTER TABLE n RENAME TO pads;`,
      ['DL102 pads 0002:1', 'DL102 pads 0002:3'],
    ],
    [
      'in the DROP of the parent, and in a DELETE before it',
      `DELETE FROM posts WHERE id = 5;\n${COPIES('* FROM users')}`,
      ['DL101 posts 0002:4', 'DL102 posts 0002:1'],
    ],
    [
      'in the DELETE of the parent, and in one of the child',
      `DELETE FROM posts WHERE id = 5;\nDELETE FROM users WHERE id = 1;`,
      ['DL102 posts 0002:1', 'DL102 posts 0002:2', 'DL102 users 0002:2'],
    ],
  ])('%s', async (_, migration, expected) => {
    expect(await placesOf(migration)).toEqual(expected)
  })
})

const ACCEPT = (what: string): string => `-- d1-runbook: accept ${what}: meant\n`

describe('an acceptance covers what stands beside it', () => {
  test.each<[string, string | Record<string, string>, string[]]>([
    [
      'not what goes by the DELETE of the parent',
      `${ACCEPT('DL102 posts')}DELETE FROM posts WHERE id = 5;\n${ACCEPT('DL102 users')}DELETE FROM users WHERE id = 1;`,
      ['DL102 posts 0002:2 *', 'DL102 posts 0002:4', 'DL102 users 0002:4 *'],
    ],
    [
      'not what goes by the DELETE of the parent where its own finds nothing',
      `${ACCEPT('DL102 posts')}DELETE FROM posts WHERE id = 99;\nDELETE FROM users WHERE id = 1;`,
      ['AK101 0002:1', 'DL102 posts 0002:3', 'DL102 users 0002:3'],
    ],
    [
      'not the next DELETE of the table',
      `${ACCEPT('DL102 notes')}DELETE FROM notes WHERE id = 1;\nDELETE FROM notes WHERE id = 2;`,
      ['DL102 notes 0002:2 *', 'DL102 notes 0002:3'],
    ],
    [
      'not a DELETE of another file',
      {
        '0002_a.sql': `${ACCEPT('DL102 notes')}DELETE FROM notes WHERE id = 1;`,
        '0003_b.sql': 'DELETE FROM notes WHERE id = 2;',
      },
      ['DL102 notes 0002:2 *', 'DL102 notes 0003:1'],
    ],
    [
      'not the second UPDATE that clears the column',
      `${ACCEPT('DL103 users.n')}UPDATE users SET n = NULL WHERE id = 1;\nUPDATE users SET n = NULL WHERE id = 2;`,
      ['DL103 users.n 0002:2 *', 'DL103 users.n 0002:3'],
    ],
    [
      'not the drop of another column',
      `${ACCEPT('DL103 posts.t')}ALTER TABLE posts DROP COLUMN t;\nALTER TABLE posts DROP COLUMN q;`,
      ['DL103 posts.q 0002:3', 'DL103 posts.t 0002:2 *'],
    ],
    [
      'all columns of the table that one statement clears',
      `${ACCEPT('DL103 posts')}UPDATE posts SET t = NULL, q = NULL WHERE id > 1;`,
      ['DL103 posts.q 0002:2 *', 'DL103 posts.t 0002:2 *'],
    ],
    [
      'behind the statement in its line',
      `DELETE FROM notes WHERE id = 1; ${ACCEPT('DL102 notes')}DELETE FROM notes WHERE id = 2;`,
      ['DL102 notes 0002:1 *', 'DL102 notes 0002:2'],
    ],
    [
      'within the statement',
      `DELETE FROM notes\n${ACCEPT('DL102 notes')}WHERE id = 1;`,
      ['DL102 notes 0002:1 *'],
    ],
    [
      'at the head of a file, one for each of two statements',
      `${ACCEPT('DL102 notes')}${ACCEPT('DL102 posts')}CREATE TABLE o (a);\nDELETE FROM posts WHERE id = 5;\nDELETE FROM notes WHERE id = 2;`,
      ['DL102 notes 0002:5 *', 'DL102 posts 0002:4 *'],
    ],
    [
      'at the head of a rebuild, its copy',
      `${ACCEPT('DL102 pads')}CREATE TABLE n (id INTEGER PRIMARY KEY, text TEXT);\nINSERT INTO n SELECT * FROM pads WHERE id > 1;\nDROP TABLE pads;\nALTER TABLE n RENAME TO pads;`,
      ['DL102 pads 0002:3 *'],
    ],
    [
      'at the end of a file',
      `DELETE FROM notes WHERE id = 1;\nCREATE TABLE o (a);\n${ACCEPT('DL102 notes')}`,
      ['DL102 notes 0002:1 *'],
    ],
  ])('%s', async (_, migration, expected) => {
    expect(await placesOf(migration)).toEqual(expected)
  })
})

test('a column that a rebuild calls otherwise is told with the line that ends the old table', async () => {
  const migration = `CREATE TABLE n (id INTEGER PRIMARY KEY, words TEXT);\nINSERT INTO n SELECT id, text FROM pads;\nDROP TABLE pads;\nALTER TABLE n RENAME TO pads;`
  const findings = await judgeScenario({ name: '', schema, rows, migration, verdict: 'ok', codes: [] })
  expect(findings.filter(({ code }) => code === 'BC102')).toMatchObject([{ column: 'text', line: 3 }])
})

test('a trigger that goes with a view is told where the view is dropped, and made again at the end', async () => {
  const views = `${schema} CREATE VIEW live AS SELECT id, n FROM users; CREATE TRIGGER live_i INSTEAD OF INSERT ON live BEGIN INSERT INTO users (n) VALUES (new.n); END;`
  const migration = `CREATE TABLE o (a);\nDROP VIEW live;\nCREATE VIEW live AS SELECT id, n, m FROM users;`
  const findings = await judgeScenario({ name: '', schema: views, rows, migration, verdict: 'ok', codes: [] })
  expect(findings.filter(({ code }) => code === 'TR101')).toMatchObject([
    { migration: '0002_change.sql', line: 2, fix: { replaces: { fromLine: 4, toLine: 3 } } },
  ])
})
