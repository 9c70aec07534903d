import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const PEOPLE = {
  schema: 'CREATE TABLE people (id INTEGER PRIMARY KEY, vip INTEGER NOT NULL, kind TEXT, name TEXT);',
  rows: `INSERT INTO people VALUES (1, 1, 'a', 'Ann Lee'), (2, 0, 'b', 'Cher'), (3, 0, 'b', 'Bo Ray'), (4, 1, 'c', 'Moby');`,
}
const COLUMN = 'ALTER TABLE people ADD COLUMN role TEXT;'
const ROLES = 'CREATE TABLE roles (people_id INTEGER PRIMARY KEY REFERENCES people (id), role TEXT NOT NULL);'
const GONE = 'ALTER TABLE people DROP COLUMN vip;'
const KIND_GONE = 'ALTER TABLE people DROP COLUMN kind;'
const NAME_GONE = 'ALTER TABLE people DROP COLUMN name;'
const kept = (scenario: Case): Scenario => ({
  ...PEOPLE,
  ...{ verdict: 'acknowledge', codes: ['DS103'], silent: ['DL103'] },
  ...scenario,
})
const lost = (scenario: Case): Scenario => ({
  ...PEOPLE,
  ...{ verdict: 'block', codes: ['DL103'] },
  ...scenario,
})
const flag = (name: string, migration: string, to: string): Scenario =>
  kept({ name, migration: `${migration} ${GONE}`, says: [`written as other words in ${to}`] })

/** Values for which a statement puts another word, one for each. */
export const OTHER_WORDS: Scenario[] = [
  flag(
    'a flag becomes a word by CASE WHEN',
    `${COLUMN} UPDATE people SET role = CASE WHEN vip THEN 'vip' ELSE 'member' END;`,
    'people.role',
  ),
  flag(
    'a flag that is compared becomes a word',
    `${COLUMN} UPDATE people SET role = CASE WHEN vip = 1 THEN 'vip' ELSE 'member' END;`,
    'people.role',
  ),
  flag(
    'a flag becomes a word by iif()',
    `${COLUMN} UPDATE people SET role = iif(vip, 'vip', 'member');`,
    'people.role',
  ),
  flag(
    'a word for those with the flag, and a default for the others',
    `ALTER TABLE people ADD COLUMN role TEXT NOT NULL DEFAULT 'member'; UPDATE people SET role = 'vip' WHERE vip;`,
    'people.role',
  ),
  flag(
    'a flag becomes the number of a role',
    `CREATE TABLE role (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE); INSERT INTO role VALUES (1, 'vip'), (2, 'member'); ALTER TABLE people ADD COLUMN role_id INTEGER REFERENCES role (id); UPDATE people SET role_id = CASE WHEN vip = 1 THEN 1 ELSE 2 END;`,
    'people.role_id',
  ),
  flag(
    'a flag becomes a word in a table of its own',
    `${ROLES} INSERT INTO roles SELECT id, CASE WHEN vip THEN 'vip' ELSE 'member' END FROM people;`,
    'roles.role',
  ),
  flag(
    'those with the flag have a row in a new table',
    'CREATE TABLE vips (people_id INTEGER PRIMARY KEY REFERENCES people (id)); INSERT INTO vips SELECT id FROM people WHERE vip = 1;',
    'vips',
  ),
  kept({
    name: 'other words in a table of its own',
    migration: `${ROLES} INSERT INTO roles SELECT id, CASE kind WHEN 'a' THEN 'alpha' WHEN 'b' THEN 'beta' WHEN 'c' THEN 'gamma' END FROM people; ${KIND_GONE}`,
  }),
  kept({
    name: 'rows that were chosen by the flag have a time',
    migration: `ALTER TABLE people ADD COLUMN since TEXT; UPDATE people SET since = CURRENT_TIMESTAMP WHERE vip; ${GONE}`,
    says: ['1 -> not NULL; 0 -> NULL'],
  }),
]

export const NO_OTHER_WORDS: Scenario[] = [
  lost({
    name: 'a name of one word is not cut in two',
    rows: `INSERT INTO people VALUES (1, 1, 'a', 'Ann Lee'), (2, 0, 'b', 'Cher');`,
    migration: `ALTER TABLE people ADD COLUMN first TEXT; ALTER TABLE people ADD COLUMN last TEXT; UPDATE people SET first = substr(name, 1, instr(name, ' ') - 1), last = substr(name, instr(name, ' ') + 1) WHERE instr(name, ' ') > 0; ${NAME_GONE}`,
    says: ["such as 'Cher'; the others are in people.first, people.last"],
  }),
  lost({
    name: 'a word says only how a name is built',
    rows: `INSERT INTO people VALUES (1, 1, 'a', 'Ann Lee'), (2, 0, 'b', 'Cher');`,
    migration: `${COLUMN} UPDATE people SET role = CASE WHEN instr(name, ' ') > 0 THEN 'full' ELSE 'short' END; ${NAME_GONE}`,
  }),
  lost({
    name: 'ELSE stands for a word that nothing spells',
    migration: `${ROLES} INSERT INTO roles SELECT id, CASE kind WHEN 'a' THEN 'alpha' WHEN 'b' THEN 'beta' ELSE 'other' END FROM people; ${KIND_GONE}`,
    says: ["such as 'c'"],
  }),
  lost({
    name: 'ELSE stands for two words',
    migration: `${ROLES} INSERT INTO roles SELECT id, CASE kind WHEN 'a' THEN 'alpha' ELSE 'other' END FROM people; ${KIND_GONE}`,
    says: ["such as 'b', 'c'"],
  }),
  lost({
    name: 'some of those with the flag have a row',
    migration: `CREATE TABLE vips (people_id INTEGER PRIMARY KEY REFERENCES people (id)); INSERT INTO vips SELECT id FROM people WHERE vip = 1 AND id < 3; ${GONE}`,
  }),
  lost({
    name: 'all of them get the same word',
    migration: `${COLUMN} UPDATE people SET role = CASE WHEN vip > 5 THEN 'vip' ELSE 'member' END; ${GONE}`,
  }),
  lost({
    name: 'a number above a limit is another number',
    rows: `INSERT INTO people VALUES (1, 40, 'a', 'x'), (2, 90, 'b', 'y');`,
    migration: `${COLUMN} UPDATE people SET role = '2024' WHERE vip > 50; ${GONE}`,
  }),
]
