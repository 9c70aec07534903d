import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const ROWS = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)`
const BIG = {
  schema: `CREATE TABLE version (id INTEGER PRIMARY KEY, code TEXT, audio INTEGER);
CREATE TABLE shot (id INTEGER PRIMARY KEY, version_id INTEGER, code TEXT, audio INTEGER);`,
  rows: `${ROWS} INSERT INTO version (id, code) SELECT i, 'c' || i FROM n;
${ROWS} INSERT INTO shot (version_id, code, audio) SELECT i, 'c' || i, i % 2 FROM n;`,
}
const told = (scenario: Case): Scenario => ({ ...BIG, verdict: 'acknowledge', codes: ['RH102'], ...scenario })
const silent = (scenario: Case): Scenario => ({
  ...BIG,
  verdict: 'ok',
  codes: [],
  silent: ['RH102'],
  ...scenario,
})

/** A foreign key without an index, whose parents go. */
const CHILDREN = {
  schema: `CREATE TABLE version (id INTEGER PRIMARY KEY, code TEXT); CREATE TABLE shot (id INTEGER PRIMARY KEY, version_id INTEGER REFERENCES version (id) ON DELETE CASCADE);`,
  rows: `${ROWS} INSERT INTO version (id, code) SELECT i, 'c' || i FROM n; ${ROWS} INSERT INTO shot (version_id) SELECT 1 FROM n;`,
}

const ARCHIVED = `CREATE TABLE version_old (id INTEGER PRIMARY KEY, code TEXT); INSERT INTO version_old SELECT * FROM version WHERE id > 1; DELETE FROM version WHERE id > 1;`

/** Fast on a copy in memory, and more rows than a database in production reads for one statement. */
export const COSTLY: Scenario[] = [
  told({
    ...CHILDREN,
    name: 'parents go, and each is looked for in a table without an index',
    migration: ARCHIVED,
  }),
  told({
    name: 'a backfill looks up each row in a table without an index',
    migration: 'UPDATE version SET audio = (SELECT audio FROM shot WHERE shot.version_id = version.id);',
  }),
  told({
    name: 'a backfill under an alias',
    migration:
      'UPDATE version AS v SET audio = (SELECT s.audio FROM shot AS s WHERE s.code = v.code AND s.audio IS NOT NULL);',
  }),
  told({
    name: 'a backfill of those that EXISTS finds',
    migration:
      'UPDATE version SET audio = 1 WHERE EXISTS (SELECT 1 FROM shot WHERE shot.version_id = version.id AND shot.audio = 1);',
  }),
  told({
    name: 'a table is filled with a look-up for each row',
    migration:
      'CREATE TABLE pair (id INTEGER PRIMARY KEY, shot_id INTEGER); INSERT INTO pair SELECT v.id, (SELECT min(s.id) FROM shot s WHERE s.version_id = v.id) FROM version v;',
  }),
  told({
    name: 'rows are deleted by a look-up for each',
    migration: `CREATE TABLE gone (code TEXT); DELETE FROM shot WHERE NOT EXISTS (SELECT 1 FROM version WHERE version.code = shot.code);`,
  }),
  told({
    name: 'a trigger looks up each row that a backfill writes',
    schema: `${BIG.schema} CREATE TRIGGER version_au AFTER UPDATE ON version BEGIN UPDATE shot SET audio = 1 WHERE version_id = new.id AND audio IS NULL; END;`,
    migration: 'UPDATE version SET audio = 0;',
  }),
]

export const CHEAP: Scenario[] = [
  silent({
    ...CHILDREN,
    name: 'parents go, and an index finds their children',
    migration: `CREATE INDEX shot_version ON shot (version_id); ${ARCHIVED}`,
  }),
  silent({
    name: 'a backfill with its index',
    migration:
      'CREATE INDEX shot_version ON shot (version_id); ALTER TABLE version ADD COLUMN sound INTEGER; UPDATE version SET sound = (SELECT audio FROM shot WHERE shot.version_id = version.id);',
  }),
  silent({
    name: 'a backfill by the key',
    migration:
      'ALTER TABLE version ADD COLUMN sound INTEGER; UPDATE version SET sound = (SELECT audio FROM shot WHERE shot.id = version.id);',
  }),
  silent({
    name: 'a backfill by UPDATE FROM, for which SQLite makes an index',
    migration:
      'ALTER TABLE version ADD COLUMN sound INTEGER; UPDATE version SET sound = s.audio FROM shot s WHERE s.version_id = version.id;',
  }),
  silent({
    name: 'a backfill from one row',
    migration:
      'ALTER TABLE version ADD COLUMN sound INTEGER; UPDATE version SET sound = (SELECT max(audio) FROM shot);',
  }),
  silent({
    name: 'a backfill of those in a list',
    migration:
      'ALTER TABLE version ADD COLUMN sound INTEGER; UPDATE version SET sound = 1 WHERE id IN (SELECT version_id FROM shot WHERE audio = 1);',
  }),
  silent({
    name: 'a backfill of a few rows in a small table',
    rows: `INSERT INTO version (id) VALUES (1), (2); INSERT INTO shot (version_id, audio) VALUES (1, 1), (2, 0);`,
    migration:
      'ALTER TABLE version ADD COLUMN sound INTEGER; UPDATE version SET sound = (SELECT audio FROM shot WHERE shot.version_id = version.id);',
  }),
  silent({
    name: 'a trigger that finds its row by the key',
    schema: `${BIG.schema} CREATE TRIGGER version_au AFTER UPDATE ON version BEGIN UPDATE shot SET audio = audio WHERE id = new.id; END;`,
    migration: 'UPDATE version SET code = code;',
  }),
]
