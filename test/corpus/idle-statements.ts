import type { Scenario } from './scenario.js'

const LINKS = {
  schema: `CREATE TABLE g (id INTEGER PRIMARY KEY, n TEXT);
CREATE TABLE r (a INTEGER, b INTEGER REFERENCES g (id) ON DELETE CASCADE, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE z (id INTEGER PRIMARY KEY);
CREATE TRIGGER of_z AFTER DELETE ON z BEGIN DELETE FROM r WHERE a = old.id; END;`,
  rows: `INSERT INTO g VALUES (1, 'x'), (2, 'y'), (3, 'x'), (50, 'free');
INSERT INTO r (a, b) VALUES (11, 1), (12, 2), (13, 3), (14, 3); INSERT INTO z VALUES (1), (12);`,
}
const BY_QUERY = 'r SET b = (SELECT min(o.id) FROM g o WHERE o.n = (SELECT n FROM g WHERE g.id = r.b));'
const REKEYED = 'r.b changes in 2 rows of 4: 3 -> 1'
const idle = (name: string, migration: string, more: Partial<Scenario> = {}): Scenario => ({
  ...LINKS,
  ...{ name, migration, says: [REKEYED], verdict: 'acknowledge', codes: ['CH101'] },
  ...{ silent: ['DL102', 'DL103'], unsaid: ['r.a ', 'of r is lost', 'of r are lost'] },
  ...more,
})
const takes = (name: string, migration: string, says: string[], more: Partial<Scenario> = {}): Scenario => ({
  ...LINKS,
  ...{ name, migration, says, verdict: 'block', codes: ['DL102'], silent: ['DL103'] },
  ...more,
})
const besides: Partial<Scenario> = { verdict: 'block', codes: ['CH101', 'DL102'], silent: ['DL103'] }

/** Statements that could take rows out of a table and find none, beside an UPDATE of its key: no row is lost, and none was added. */
export const TAKES_NONE: Scenario[] = [
  idle('a DELETE finds none', `UPDATE ${BY_QUERY} DELETE FROM r WHERE b = 3;`),
  idle('a foreign key finds none', `UPDATE ${BY_QUERY} DELETE FROM g WHERE id = 50;`, besides),
  idle('a trigger finds none', `DELETE FROM z WHERE id = 1; UPDATE ${BY_QUERY}`, besides),
  idle('a REPLACE replaces none', `INSERT OR REPLACE INTO r (a, b) VALUES (20, 1); UPDATE ${BY_QUERY}`),
  idle('an UPDATE OR REPLACE replaces none', `UPDATE OR REPLACE ${BY_QUERY}`),
  idle(
    'an upsert of what is there',
    `UPDATE ${BY_QUERY} INSERT OR REPLACE INTO r SELECT a, b FROM r WHERE 0;`,
  ),
]

/** The same statements where they find some: these are lost and no others, whatever other key the others have now. */
export const TAKES_SOME: Scenario[] = [
  takes(
    'a DELETE',
    `UPDATE ${BY_QUERY} DELETE FROM r WHERE a = 12;`,
    ['1 row of r is lost; 3 of 4 remain. Among them: (12, 2).', 'r.b changes in 2 rows of 4: 3 -> 1'],
    { codes: ['DL102', 'CH101'] },
  ),
  takes('a foreign key', `UPDATE ${BY_QUERY} DELETE FROM g WHERE id = 2;`, [
    '1 row of r is lost through the DELETE on g; 3 of 4 remain',
  ]),
  takes('a trigger', `UPDATE ${BY_QUERY} DELETE FROM z WHERE id = 12;`, [
    '1 row of r is lost through the DELETE on z; 3 of 4 remain',
  ]),
  takes('an UPDATE OR REPLACE', `UPDATE OR REPLACE ${BY_QUERY}`, ['1 row of r is lost; 4 of 5 remain'], {
    rows: `${LINKS.rows} INSERT INTO r (a, b) VALUES (13, 1);`,
  }),
  takes(
    'a DELETE of what was numbered by SQLite',
    `UPDATE ${BY_QUERY} DELETE FROM r WHERE a = 12;`,
    ['1 row of r is lost; 3 of 4 remain. Among them: (12, 2).'],
    { schema: LINKS.schema.replace(' WITHOUT ROWID', '') },
  ),
]
