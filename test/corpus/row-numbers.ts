import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const OWN = {
  schema: 'CREATE VIRTUAL TABLE title USING fts5(name, note UNINDEXED);',
  rows: `INSERT INTO title VALUES ('alpha', 1), ('beta', 2), ('gamma', 3);`,
}
/** The numbers of its rows have a gap. */
const GAPS = { ...OWN, rows: `${OWN.rows} DELETE FROM title WHERE note = 1;` }
const copied = (columns: string): string =>
  `CREATE VIRTUAL TABLE t2 USING fts5(name, note UNINDEXED, tokenize = 'porter'); INSERT INTO t2 (${columns}) SELECT ${columns} FROM title; DROP TABLE title; ALTER TABLE t2 RENAME TO title;`
const FAVOURITES = `CREATE TABLE favourite (id INTEGER PRIMARY KEY, title_id INTEGER);`

const told = (scenario: Case): Scenario => ({
  ...GAPS,
  verdict: 'acknowledge',
  codes: ['FT101'],
  ...scenario,
})
const stopped = (scenario: Case): Scenario => ({ ...GAPS, verdict: 'block', codes: ['FT101'], ...scenario })
const silent = (scenario: Case): Scenario => ({
  ...GAPS,
  verdict: 'ok',
  codes: [],
  silent: ['FT101'],
  ...scenario,
})

/** A full-text table with content of its own has its rows, under other numbers. */
export const RENUMBERED: Scenario[] = [
  told({
    name: 'a full-text table with gaps in its numbers is copied without them',
    migration: copied('name, note'),
    says: ['2 rows of the full-text table title have other rowids now: who kept one of them finds another'],
  }),
  stopped({
    name: 'the numbers that another table keeps of a full-text table change',
    schema: `${GAPS.schema} ${FAVOURITES}`,
    rows: `${GAPS.rows} INSERT INTO favourite VALUES (1, 3), (2, 2), (3, NULL);`,
    migration: copied('name, note'),
    says: ['favourite.title_id, which says rowids of it, finds'],
  }),
  told({
    ...OWN,
    name: 'the rows of a full-text table are put back in another order',
    migration: `CREATE TABLE hold AS SELECT * FROM title; DELETE FROM title; INSERT INTO title (name, note) SELECT name, note FROM hold ORDER BY name DESC; DROP TABLE hold;`,
    says: ['2 rows of the full-text table title'],
  }),
  told({
    name: 'a full-text table is renamed by a copy that renumbers its rows',
    migration: copied('name, note').replace('RENAME TO title', 'RENAME TO heading'),
  }),
  told({
    name: 'equal rows of a full-text table get other numbers',
    rows: `INSERT INTO title VALUES ('alpha', 1), ('beta', 2), ('beta', 2); DELETE FROM title WHERE note = 1;`,
    migration: copied('name, note'),
    says: ['1 row of the full-text table title has another rowid now'],
  }),
  stopped({
    name: 'an index that the application fills is copied without its numbers',
    schema: `${GAPS.schema} CREATE TABLE book (id INTEGER PRIMARY KEY, name TEXT, note INTEGER);`,
    rows: `${GAPS.rows} INSERT INTO book SELECT rowid, name, note FROM title;`,
    migration: copied('name, note'),
    says: ['no longer matches book'],
  }),
]

/** The rows have the numbers that they had, or those of the table that they are about. */
export const NUMBERS_STAY: Scenario[] = [
  silent({
    name: 'a full-text table with gaps in its numbers is copied with them',
    migration: copied('rowid, name, note'),
  }),
  silent({
    ...OWN,
    name: 'rows are put into a full-text table',
    migration: `INSERT INTO title VALUES ('delta', 4);`,
  }),
  silent({
    verdict: 'acknowledge',
    name: 'words of a full-text table are written over where they lie',
    migration: `UPDATE title SET name = upper(name);`,
    codes: ['CH101'],
  }),
  silent({
    name: 'a full-text table with gaps is copied with the numbers of the table that it is about',
    schema: `${GAPS.schema} CREATE TABLE book (id INTEGER PRIMARY KEY, name TEXT, note INTEGER);`,
    rows: `${GAPS.rows} INSERT INTO book SELECT rowid, name, note FROM title;`,
    migration: `CREATE VIRTUAL TABLE t2 USING fts5(name, note UNINDEXED); INSERT INTO t2 (rowid, name, note) SELECT id, name, note FROM book; DROP TABLE title; ALTER TABLE t2 RENAME TO title;`,
  }),
  silent({
    verdict: 'block',
    name: 'rows of a full-text table go, and the others keep their numbers',
    migration: `DELETE FROM title WHERE note = 2;`,
    codes: ['DL102'],
  }),
]
