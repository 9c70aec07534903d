import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const TRIGGER = `CREATE TRIGGER n_au AFTER UPDATE ON n BEGIN UPDATE n SET updated_at = '2026' WHERE id = new.id; END;`
const NOTES = {
  schema: `CREATE TABLE n (id INTEGER PRIMARY KEY, t TEXT, updated_at TEXT); ${TRIGGER}`,
  rows: `INSERT INTO n VALUES (1, 'a', '2020'), (2, 'b', '2021'), (3, 'c', NULL);`,
}
const SLUG = 'ALTER TABLE n ADD COLUMN slug TEXT; UPDATE n SET slug = lower(t)'
const told = (scenario: Case): Scenario => ({
  ...{ ...NOTES, verdict: 'acknowledge', codes: ['CH101'], silent: ['DL103', 'DL104'] },
  ...scenario,
})
const silent = (scenario: Case): Scenario => ({
  ...{ ...NOTES, verdict: 'ok', codes: [], silent: ['CH101', 'DL103', 'DL104'], unsaid: ['sets it'] },
  ...scenario,
})

/** A statement sets one column, and a trigger of the table writes over another one, in every row. */
export const SET_BY_TRIGGERS: Scenario[] = [
  told({
    name: 'a new column is filled, and each row counts as changed today',
    migration: `${SLUG};`,
    says: [`n.updated_at changes in 2 rows of 2 with a value: '2020' -> '2026'`, 'the trigger n_au sets it'],
  }),
  told({
    name: 'some rows are changed, and count as changed today',
    migration: `${SLUG} WHERE id = 2;`,
    says: [`n.updated_at changes in 1 row of 2 with a value: '2021' -> '2026'; the trigger n_au sets it`],
  }),
  told({
    name: 'the rows of the parent are touched',
    schema: `CREATE TABLE b (id INTEGER PRIMARY KEY, touched TEXT); CREATE TABLE p (id INTEGER PRIMARY KEY, b_id INTEGER, t TEXT); CREATE TRIGGER p_au AFTER UPDATE ON p BEGIN UPDATE b SET touched = 'now' WHERE id = new.b_id; END;`,
    rows: `INSERT INTO b VALUES (1, '2020'), (2, '2021'); INSERT INTO p VALUES (1, 1, 'x'), (2, 2, 'Y');`,
    migration: 'ALTER TABLE p ADD COLUMN slug TEXT; UPDATE p SET slug = lower(t);',
    says: [`b.touched changes in 2 rows of 2`, 'the trigger p_au sets it'],
  }),
  told({
    name: 'a version is counted up',
    schema:
      `CREATE TABLE n (id INTEGER PRIMARY KEY, t TEXT, version INTEGER NOT NULL); CREATE TRIGGER n_au AFTER UPDATE OF slug ON n BEGIN UPDATE n SET version = old.version + 1 WHERE id = new.id; END;`.replace(
        ' OF slug',
        '',
      ),
    rows: `INSERT INTO n VALUES (1, 'a', 3), (2, 'b', 8);`,
    migration: `${SLUG};`,
    says: [`n.version changes in 2 rows of 2: 3 -> 4; 8 -> 9; the trigger n_au sets it`],
  }),
  told({
    name: 'what a trigger clears is lost',
    schema: NOTES.schema.replace(`'2026'`, 'NULL'),
    migration: `${SLUG};`,
    ...{ verdict: 'block', codes: ['DL103'], silent: ['DL104'] },
    says: [`2 values of n.updated_at become NULL or empty`],
  }),
]

/** Triggers that write over nothing, and columns that the statement sets itself. */
export const SET_BY_NO_TRIGGER: Scenario[] = [
  silent({
    name: 'the trigger is away meanwhile',
    migration: `DROP TRIGGER n_au; ${SLUG}; ${TRIGGER}`,
  }),
  silent({
    name: 'a trigger of another column',
    schema: NOTES.schema.replace('UPDATE ON', 'UPDATE OF t ON'),
    migration: `${SLUG};`,
  }),
  silent({
    name: 'the trigger writes what is there',
    rows: `INSERT INTO n VALUES (1, 'a', '2026'), (2, 'b', '2026');`,
    migration: `${SLUG};`,
  }),
  silent({
    name: 'a rebuild fires no trigger of the old table',
    migration: `CREATE TABLE n2 (id INTEGER PRIMARY KEY, t TEXT, updated_at TEXT, slug TEXT); INSERT INTO n2 SELECT id, t, updated_at, lower(t) FROM n; DROP TABLE n; ALTER TABLE n2 RENAME TO n; ${TRIGGER}`,
  }),
  silent({
    name: 'the column is set in every row by the statement',
    schema: NOTES.schema.replace(TRIGGER, ''),
    migration: `UPDATE n SET updated_at = '2026';`,
    ...{ verdict: 'block', codes: ['DL104'], silent: ['CH101', 'DL103'] },
  }),
]
