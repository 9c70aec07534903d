import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rehearseNatively } from '../../../src/analysis/rehearse/on-sqlite.js'
import { rehearseWayBack } from '../../../src/analysis/reverse/rehearsal.js'
import { ledgerSql } from '../../../src/d1/schema/ledger.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { migrationFile } from '../scenario-run.js'

const ARTICLES = `CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT);`
const NOTES = `CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO notes VALUES (1, 'one'), (2, 'two');`
const ROWS = `INSERT INTO articles VALUES (1, 'red fox', 'runs'), (2, 'grey owl', 'flies'), (3, 'blue whale', 'swims');`
const put = (row: 'new' | 'old') => `${row}.id, ${row}.title, ${row}.body`

/** An index of articles that three triggers keep in step; `remove` is how it forgets a row. */
function kept(options: string, remove: string): string {
  const insert = `INSERT INTO search (rowid, title, body) VALUES (${put('new')});`
  return `CREATE VIRTUAL TABLE search USING fts5(title, body${options});
    CREATE TRIGGER search_ai AFTER INSERT ON articles BEGIN ${insert} END;
    CREATE TRIGGER search_ad AFTER DELETE ON articles BEGIN ${remove} END;
    CREATE TRIGGER search_au AFTER UPDATE ON articles BEGIN ${remove} ${insert} END;`
}

const FORGET = `INSERT INTO search (search, rowid, title, body) VALUES ('delete', ${put('old')});`
const EXTERNAL = kept(`, content='articles', content_rowid='id'`, FORGET)
const OWN = kept('', `DELETE FROM search WHERE rowid = old.id;`)
const CONTENTLESS = kept(`, content=''`, FORGET)
const EDITS = `INSERT INTO articles VALUES (100, 'zebra', 'x'); UPDATE articles SET title = 'quokka' WHERE id = 3; DELETE FROM articles WHERE id = 1;`
const REBUILD = `CREATE TABLE made (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL DEFAULT '');
  INSERT INTO made SELECT id, upper(title), coalesce(body, '') FROM articles;
  DROP TABLE articles; ALTER TABLE made RENAME TO articles; ${EXTERNAL.slice(EXTERNAL.indexOf('CREATE TRIGGER'))}
  INSERT INTO search (search) VALUES ('rebuild');`
const FILLED_BY_HAND = `CREATE VIRTUAL TABLE search USING fts5(title, body);`
const BY_HAND = `INSERT INTO search (rowid, title, body) VALUES (1, 'red fox', 'runs'), (5, 'grey owl', 'flies'), (9, 'blue whale', NULL);`
const COPIED = `CREATE VIRTUAL TABLE s2 USING fts5(title, body, tokenize = 'porter'); INSERT INTO s2 SELECT * FROM search; DROP TABLE search; ALTER TABLE s2 RENAME TO search;`
const UNINDEX = `DROP TRIGGER search_ai; DROP TRIGGER search_ad; DROP TRIGGER search_au; DROP TABLE search;`
const VIEWED = `CREATE VIEW shown AS SELECT id, title, body FROM articles;${kept(`, content='shown', content_rowid='id'`, FORGET)}`

async function rehearsed(schema: string, forward: string) {
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-search-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const places = { prior: join(folder, 'prior.sqlite'), main: join(folder, 'main.sqlite') }
  const database = openSqlite(places.prior)
  database.exec(`${ledgerSql('d1_migrations')}; ${schema}`)
  database.close()
  copyFileSync(places.prior, places.main)
  const native = await rehearseNatively(
    {
      database: { name: 'live', id: 'live', remote: false },
      migrationsTable: 'd1_migrations',
    },
    places,
    [migrationFile('0002.sql', forward)],
  )
  return { folder, places, native }
}

/** Forward and back on real rows: what the rehearsal says, and what a search answers before and after. */
async function thereAndBack(schema: string, forward: string) {
  const { folder, places, native } = await rehearsed(schema, forward)
  const prior = openSqlite(places.prior)
  const wanted = answers(prior)
  prior.close()
  expect(native.evidence.failures).toEqual([])
  const way = await rehearseWayBack({
    ...places,
    folder,
    migrationsTable: 'd1_migrations',
    evidence: native.evidence,
  })
  const back = openSqlite(places.main)
  if (way.available) back.exec(`BEGIN; ${way.sql ?? ''} COMMIT;`)
  const got = answers(back)
  back.close()
  return { way, wanted, got }
}

const WORDS = ['fox', 'owl', 'whale', 'zebra', 'quokka', 'runs', 'flies', 'swims']

function answers(database: ReturnType<typeof openSqlite>): string[] {
  const found = WORDS.map((word) => {
    const rows = database
      .prepare('SELECT rowid AS id FROM search WHERE search MATCH ? ORDER BY rowid')
      .all(word)
    return `${word}: ${rows.map(({ id }) => String(id)).join(' ')}`
  })
  try {
    database.exec(`INSERT INTO search (search, rank) VALUES ('integrity-check', 1)`)
    return [...found, 'sound']
  } catch {
    return [...found, 'corrupt']
  }
}

describe('a search index answers after the way back as it did before', () => {
  test.each([
    ['that reads the table, whose rows were edited', ARTICLES + EXTERNAL + ROWS, EDITS],
    ['that reads the table, which was made again', ARTICLES + EXTERNAL + ROWS, REBUILD],
    ['that reads a view of the table', ARTICLES + VIEWED + ROWS, EDITS],
    ['with content of its own', ARTICLES + OWN + ROWS, EDITS],
    ['with content of its own and nothing that fills it', `${FILLED_BY_HAND}${BY_HAND}`, COPIED],
    [
      'with content of its own and nothing that fills it, which goes',
      `${FILLED_BY_HAND}${BY_HAND}`,
      'DROP TABLE search;',
    ],
    ['without content', ARTICLES + CONTENTLESS + ROWS, EDITS],
    ['that the migration dropped', ARTICLES + EXTERNAL + ROWS, UNINDEX],
    ['with content of its own that the migration dropped', ARTICLES + OWN + ROWS, UNINDEX],
    ['whose triggers the migration dropped', ARTICLES + EXTERNAL + ROWS, `DROP TRIGGER search_au; ${EDITS}`],
  ])('%s', async (_, schema, forward) => {
    const { way, wanted, got } = await thereAndBack(schema, forward)
    expect(way.available, way.price.join('\n')).toBe(true)
    expect(got).toEqual(wanted)
    expect(wanted).toContain('sound')
    expect(way.price.join('\n')).not.toMatch(/comes back empty|search index/)
  })
})

describe('an index that the way back leaves alone is not filled again', () => {
  test.each([
    ['rows of another table', `UPDATE notes SET body = 'three' WHERE id = 2;`],
    ['a new table', `CREATE TABLE tags (name TEXT PRIMARY KEY);`],
    ['an index of another table', `CREATE INDEX notes_body ON notes (body);`],
    ['a column of another table', `ALTER TABLE notes ADD COLUMN at INTEGER;`],
    ['only its own upkeep', `INSERT INTO search (search) VALUES ('optimize');`],
  ])('%s', async (_, forward) => {
    const { way, wanted, got } = await thereAndBack(ARTICLES + EXTERNAL + ROWS + NOTES, forward)
    expect(way.available).toBe(true)
    expect(way.sql).not.toContain('search')
    expect(got).toEqual(wanted)
  })
})

describe('what an index cannot be given back is said', () => {
  test('one that held only some rows is not filled beyond them, and the price names it', async () => {
    const partial = `${ARTICLES}${ROWS}${OWN} INSERT INTO search (rowid, title, body) SELECT id, title, body FROM articles WHERE id > 1;`
    const { way, got } = await thereAndBack(partial, `UPDATE articles SET title = 'quokka' WHERE id = 3;`)
    expect(way.sql).not.toContain('DELETE FROM "search"')
    expect(got).toContain('fox: ')
    expect(way.price.join('\n')).toMatch(/of the search index search stays? changed/)
  })

  test('one that comes back empty is not said to stay changed', async () => {
    const bare = `CREATE VIRTUAL TABLE search USING fts5(title, content=''); INSERT INTO search (rowid, title) VALUES (2, 'red fox');`
    const { way } = await thereAndBack(bare, 'DROP TABLE search;')
    expect(way.available).toBe(true)
    expect(way.price).toEqual(['The virtual table search comes back empty.'])
  })

  test('there is no way back where one that was sound is left empty', async () => {
    const { way } = await thereAndBack(
      ARTICLES + EXTERNAL + ROWS,
      `INSERT INTO search (search) VALUES ('delete-all');`,
    )
    expect(way.available).toBe(false)
    expect(way.price.join('\n')).toContain('search index search does not answer with the rows of articles')
  })
})

describe('Rows of the plan count what an index over other rows has indexed', () => {
  const base = ARTICLES + ROWS
  test.each<[string, string, string, [number | null, number | null, boolean] | undefined]>([
    [
      'one made and filled',
      base,
      `${EXTERNAL} INSERT INTO search (search) VALUES ('rebuild');`,
      [null, 3, true],
    ],
    ['one made and left empty', base, EXTERNAL, [null, 0, true]],
    ['one that triggers follow', ARTICLES + EXTERNAL + ROWS, EDITS, [3, 3, true]],
    ['one that is dropped', ARTICLES + EXTERNAL + ROWS, UNINDEX, [3, null, true]],
    [
      'one without content',
      ARTICLES + CONTENTLESS + ROWS,
      'ALTER TABLE articles ADD COLUMN x;',
      [3, 3, true],
    ],
    ['one with its own content', ARTICLES + OWN + ROWS, 'ALTER TABLE articles ADD COLUMN x;', [3, 3, false]],
    [
      'one that keeps no count: nothing',
      base,
      `CREATE VIRTUAL TABLE search USING fts5(title, content='articles', content_rowid='id', columnsize=0);`,
      undefined,
    ],
  ])('%s', async (_what, schema, forward, wanted) => {
    const { rows } = (await rehearsed(schema, forward)).native
    const found = rows.find(({ table }) => table === 'search')
    expect(found && [found.before, found.after, found.index === true]).toEqual(wanted)
    expect(rows.some(({ table }) => table.startsWith('search_'))).toBe(false)
  })
})
