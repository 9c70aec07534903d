import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const MEDIA = {
  schema: 'CREATE TABLE media (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, url TEXT, length INTEGER);',
  rows: `INSERT INTO media VALUES (1, 'image', 'a', NULL), (2, 'video', 'b', 10), (3, 'image', 'c', NULL), (5, 'video', NULL, 12);`,
}
const IMAGES = 'CREATE TABLE images (id INTEGER PRIMARY KEY, url TEXT);'
const VIDEOS = 'CREATE TABLE videos (id INTEGER PRIMARY KEY, url TEXT, length INTEGER);'
const images = (where: string): string =>
  `INSERT INTO images (id, url) SELECT id, url FROM media WHERE ${where};`
const videos = (where: string): string =>
  `INSERT INTO videos (id, url, length) SELECT id, url, length FROM media WHERE ${where};`

const kept = (scenario: Case): Scenario => ({
  ...{ ...MEDIA, verdict: 'acknowledge', codes: ['DS102'], silent: ['DL102', 'DL103', 'BC101'] },
  ...scenario,
})
const lost = (scenario: Case): Scenario => ({ ...MEDIA, verdict: 'block', codes: ['DL102'], ...scenario })

/** Each row is in one of several tables, and which one says what its WHERE asked for. */
export const SPLIT_KEPT: Scenario[] = [
  kept({
    name: 'one kind leaves for a table of its own, and the kind of those that stay is dropped',
    migration: `${IMAGES} ${images(`kind = 'image'`)} DELETE FROM media WHERE kind = 'image'; ALTER TABLE media DROP COLUMN kind;`,
    codes: ['DS103'],
    says: [
      `Column media.kind is dropped with 2 values; all rows that stay said 'video'; 2 more were in rows that media no longer has.`,
    ],
  }),
  kept({
    name: 'the same by a rebuild that leaves them out',
    migration: `${IMAGES} ${images(`kind = 'image'`)} ${VIDEOS} ${videos(`kind = 'video'`)} DROP TABLE media; ALTER TABLE videos RENAME TO media;`,
    codes: ['DS103'],
    says: [`all rows that stay said 'video'`],
  }),
  kept({
    name: 'a table becomes two by its kind, which no column says any more',
    migration: `${IMAGES} ${VIDEOS} ${images(`kind = 'image'`)} ${videos(`kind = 'video'`)} DROP TABLE media;`,
    says: ['they are all in images, videos'],
  }),
  kept({
    name: 'a table becomes two of the same columns',
    migration: `CREATE TABLE images (id INTEGER PRIMARY KEY, kind TEXT, url TEXT, length INTEGER); CREATE TABLE videos (id INTEGER PRIMARY KEY, kind TEXT, url TEXT, length INTEGER); INSERT INTO images SELECT * FROM media WHERE kind = 'image'; INSERT INTO videos SELECT * FROM media WHERE kind <> 'image'; DROP TABLE media;`,
  }),
  kept({
    name: 'a table becomes two by CREATE TABLE AS',
    migration: `CREATE TABLE images AS SELECT id, url FROM media WHERE 'image' = kind; CREATE TABLE videos AS SELECT m.id, m.url, m.length FROM media m WHERE (m.kind = 'video') AND m.id > 0; DROP TABLE media;`,
  }),
  kept({
    name: 'a table becomes two by a number, in new names',
    schema: 'CREATE TABLE entry (id INTEGER PRIMARY KEY, hidden INTEGER NOT NULL, body TEXT);',
    rows: `INSERT INTO entry VALUES (1, 0, 'a'), (2, 1, 'b'), (3, 0, 'c');`,
    migration: `CREATE TABLE shown (id INTEGER PRIMARY KEY, text TEXT); CREATE TABLE withheld (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO shown SELECT id, body FROM entry WHERE hidden = 0; INSERT INTO withheld SELECT id, body FROM entry WHERE hidden = 1; DROP TABLE entry;`,
  }),
  kept({
    name: 'rows of one kind go to a table of their own',
    migration: `${VIDEOS} ${videos(`kind = 'video'`)} DELETE FROM media WHERE kind = 'video';`,
    verdict: 'ok',
    codes: [],
  }),
  kept({
    name: 'a table becomes three',
    rows: `${MEDIA.rows} INSERT INTO media VALUES (9, 'sound', 'z', 4);`,
    migration: `${IMAGES} ${VIDEOS} CREATE TABLE sounds (id INTEGER PRIMARY KEY, url TEXT, length INTEGER); ${images(`kind = 'image'`)} ${videos(`kind = 'video'`)} INSERT INTO sounds SELECT id, url, length FROM media WHERE kind = 'sound'; DROP TABLE media;`,
  }),
]

/** Rows or their kind are in none of them. */
export const SPLIT_LOST: Scenario[] = [
  lost({
    name: 'one kind of three leaves, and which of two the others are is dropped',
    rows: `${MEDIA.rows} INSERT INTO media VALUES (9, 'sound', 'd', 3);`,
    migration: `${IMAGES} ${images(`kind = 'image'`)} DELETE FROM media WHERE kind = 'image'; ALTER TABLE media DROP COLUMN kind;`,
    codes: ['DL103'],
    says: ['3 values of media.kind go with the column'],
  }),
  lost({
    name: 'the rows that leave were not chosen by the column that is dropped',
    migration: `CREATE TABLE images (id INTEGER PRIMARY KEY, kind TEXT, url TEXT); INSERT INTO images SELECT id, kind, url FROM media WHERE id IN (1, 3); DELETE FROM media WHERE id IN (1, 3); ALTER TABLE media DROP COLUMN kind;`,
    codes: ['DL103'],
    says: ['2 values of media.kind go with the column'],
  }),
  lost({
    name: 'rows of a third kind are in neither table',
    rows: `${MEDIA.rows} INSERT INTO media VALUES (9, 'sound', 'z', 4);`,
    migration: `${IMAGES} ${VIDEOS} ${images(`kind = 'image'`)} ${videos(`kind = 'video'`)} DROP TABLE media;`,
    says: ['1 row of media is lost'],
  }),
  lost({
    name: 'one of the tables has no room for a value',
    rows: `${MEDIA.rows} UPDATE media SET length = 3 WHERE id = 3;`,
    migration: `${IMAGES} ${VIDEOS} ${images(`kind = 'image'`)} ${videos(`kind = 'video'`)} DROP TABLE media;`,
    says: ['1 row of media is lost'],
  }),
  lost({
    name: 'two kinds go to one table, which does not say the kind',
    rows: `${MEDIA.rows} INSERT INTO media VALUES (9, 'sound', 'z', 4);`,
    migration: `${IMAGES} ${VIDEOS} ${images(`kind = 'image'`)} ${videos(`kind = 'video'`)} ${videos(`kind = 'sound'`)} DROP TABLE media;`,
    says: ['3 rows of media are lost'],
  }),
  lost({
    name: 'a table is split by something else than the kind',
    migration: `${IMAGES} ${VIDEOS} ${images('id < 3')} ${videos('id >= 3')} DROP TABLE media;`,
  }),
  lost({
    name: 'one kind or another goes to one table',
    rows: `${MEDIA.rows} INSERT INTO media VALUES (9, 'sound', 'z', 4);`,
    migration: `${IMAGES} ${VIDEOS} ${images(`kind = 'image'`)} ${videos(`kind = 'video' OR kind = 'sound'`)} DROP TABLE media;`,
  }),
  lost({
    name: 'rows go to a table that held others, and their kind is said nowhere',
    schema: `${MEDIA.schema} ${VIDEOS}`,
    rows: `${MEDIA.rows} INSERT INTO videos VALUES (40, 'y', 1);`,
    migration: `${videos(`kind = 'video'`)} DELETE FROM media WHERE kind = 'video';`,
  }),
]
