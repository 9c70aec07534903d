import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LocalDatabase } from '../../../sample/cloudflare-api/local-database.js'
import { openRealD1 } from './real-d1.js'

/** Run one after the other on both; a later one builds on those before it that were accepted. */
const STATEMENTS = [
  'CREATE TABLE base(a UNIQUE)',
  'CREATE INDEX ix ON base(a)',
  'CREATE TABLE parent(id INTEGER PRIMARY KEY)',
  'CREATE TABLE child(p REFERENCES parent(id))',
  'CREATE TABLE late(p REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)',
  // Depths of expressions and triggers
  `SELECT ${Array(100).fill('1').join('+')}`,
  `SELECT ${Array(101).fill('1').join('+')}`,
  `SELECT 1 WHERE ${Array(99).fill('1=1').join(' AND ')}`,
  `SELECT 1 WHERE ${Array(101).fill('1=1').join(' OR ')}`,
  `SELECT ${Array(150).fill("'a'").join('||')}`,
  `SELECT ${Array(90).fill('1+1').join(', ')}`,
  ...Array.from({ length: 13 }, (_, at) => `CREATE TABLE deep_${at}(v)`),
  ...Array.from(
    { length: 12 },
    (_, at) =>
      `CREATE TRIGGER deep_trigger_${at} AFTER INSERT ON deep_${at} BEGIN INSERT INTO deep_${at + 1} VALUES (new.v); END`,
  ),
  'INSERT INTO deep_1 VALUES (1)',
  'INSERT INTO deep_2 VALUES (1)',
  // Transactions
  'BEGIN',
  'BEGIN IMMEDIATE TRANSACTION',
  'commit',
  'END',
  'ROLLBACK',
  'SAVEPOINT a',
  'RELEASE a',
  'EXPLAIN BEGIN',
  '/* first */ BEGIN -- last',
  'SELECT 1 /* BEGIN */',
  'SELECT 1 AS "BEGIN"',
  "SELECT 'COMMIT;'",
  // Other databases and files
  "ATTACH ':memory:' AS other",
  'DETACH other',
  'VACUUM',
  "VACUUM INTO 'copy.sqlite'",
  'CREATE TEMP TABLE t(a)',
  'CREATE TEMPORARY TABLE t(a)',
  'CREATE TABLE temp.t(a)',
  'CREATE TABLE "temp"."t"(a)',
  'CREATE TEMP VIEW v AS SELECT 1',
  'CREATE TEMP TRIGGER t AFTER INSERT ON base BEGIN SELECT 1; END',
  'CREATE TABLE temp(a)',
  'SELECT temp.a FROM temp',
  'CREATE TABLE main.qualified(a)',
  // PRAGMAs
  'PRAGMA foreign_keys',
  'PRAGMA foreign_keys=OFF',
  'PRAGMA foreign_keys(0)',
  'INSERT INTO child VALUES (99)',
  'PRAGMA defer_foreign_keys=ON',
  'pragma DEFER_FOREIGN_KEYS = true',
  'PRAGMA defer_foreign_keys',
  'PRAGMA table_info(base)',
  'PRAGMA "table_info"(base)',
  'PRAGMA main.table_info(base)',
  'PRAGMA temp.table_info(base)',
  'PRAGMA table_xinfo(base)',
  'PRAGMA table_list',
  'PRAGMA index_list(base)',
  'PRAGMA index_info(ix)',
  'PRAGMA index_xinfo(ix)',
  'PRAGMA foreign_key_list(child)',
  'PRAGMA foreign_key_check',
  'PRAGMA quick_check',
  'PRAGMA integrity_check',
  'PRAGMA user_version',
  'PRAGMA user_version=3',
  'PRAGMA journal_mode=DELETE',
  'PRAGMA writable_schema=ON',
  'PRAGMA page_size',
  'PRAGMA page_size=1024',
  'PRAGMA page_count',
  'PRAGMA data_version',
  'PRAGMA encoding',
  'PRAGMA schema_version',
  'PRAGMA database_list',
  'PRAGMA query_only=ON',
  'PRAGMA cache_size=10',
  'PRAGMA no_such_pragma',
  'PRAGMA recursive_triggers=ON',
  'PRAGMA ignore_check_constraints=OFF',
  'PRAGMA optimize',
  "SELECT * FROM pragma_table_info('base')",
  'SELECT * FROM pragma_table_list',
  'SELECT * FROM pragma_database_list',
  'SELECT * FROM pragma_user_version',
  // Reserved names
  'CREATE TABLE _cf_mine(a)',
  'CREATE TABLE "_CF_mine"(a)',
  "CREATE TABLE IF NOT EXISTS '_cf_mine'(a)",
  'CREATE INDEX _cf_i ON base(a)',
  'CREATE UNIQUE INDEX IF NOT EXISTS main._cf_i ON base(a)',
  'CREATE VIEW _cf_v AS SELECT 1',
  'CREATE TRIGGER _cf_t AFTER INSERT ON base BEGIN SELECT 1; END',
  'CREATE VIRTUAL TABLE _cf_f USING fts5(a)',
  'ALTER TABLE base RENAME TO _cf_base',
  'ALTER TABLE base ADD COLUMN _cf_column',
  'ALTER TABLE base RENAME COLUMN _cf_column TO _cf_other',
  'SELECT 1 AS _cf_alias',
  "SELECT '_cf_METADATA'",
  'WITH _cf_a AS (SELECT 1) SELECT * FROM _cf_a',
  'SELECT count(*) FROM _cf_METADATA',
  'DELETE FROM _cf_METADATA',
  'INSERT INTO _cf_METADATA VALUES(1, 2)',
  'UPDATE _cf_METADATA SET key = 1',
  'DROP TABLE _cf_METADATA',
  'CREATE INDEX i ON _cf_METADATA(key)',
  'CREATE TRIGGER t AFTER INSERT ON _cf_METADATA BEGIN SELECT 1; END',
  'CREATE TABLE sqlite_mine(a)',
  'DROP TABLE IF EXISTS _cf_absent',
  // Functions and modules
  'SELECT sqlite_version()',
  'EXPLAIN SELECT sqlite_version()',
  'SELECT sqlite_source_id()',
  "SELECT load_extension('x')",
  "SELECT sqlite_compileoption_used('x')",
  'SELECT power(2, 3)',
  'SELECT if(1, 2)',
  'SELECT iif(1, 2, 3)',
  'SELECT optimize(a) FROM base',
  'SELECT name AS sqlite_version FROM sqlite_schema',
  "SELECT length('a'), json_extract('{\"a\":1}', '$.a'), unixepoch() > 0, sin(1) > 0, hex('a')",
  'CREATE VIRTUAL TABLE search USING fts5(a)',
  "SELECT * FROM search('x')",
  'CREATE VIRTUAL TABLE box USING rtree(a, b, c)',
  'CREATE VIRTUAL TABLE old USING fts4(a)',
  'CREATE VIRTUAL TABLE stat USING dbstat',
  // What D1 accepts
  'CREATE TABLE plural(id INTEGER PRIMARY KEY AUTOINCREMENT)',
  'CREATE TABLE keyed(a PRIMARY KEY) WITHOUT ROWID',
  'CREATE TABLE strict(a INT) STRICT',
  'CREATE TABLE generated(a, b AS (a + 1))',
  'CREATE TRIGGER cased AFTER INSERT ON base BEGIN SELECT CASE WHEN 1 THEN 2 END; END',
  'create trigger lower after insert on base begin select case when 1 then 2 end; select 3; end',
  'CREATE TABLE copy AS SELECT 1 AS a',
  'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3) SELECT * FROM c',
  'SELECT "no_such_column" FROM base',
  'ANALYZE',
  'REINDEX',
  // Several statements in one request
  'SELECT 1; SELECT 2',
  'SELECT 1;; SELECT 2;',
  'CREATE TABLE gone(a); INSERT INTO gone VALUES(1); INSERT INTO absent VALUES(1)',
  'SELECT * FROM gone',
  'CREATE TRIGGER first AFTER INSERT ON base BEGIN SELECT 1; END; SELECT 3',
  'INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)',
  'PRAGMA defer_foreign_keys=ON; DELETE FROM parent; INSERT INTO parent VALUES (1)',
  'PRAGMA defer_foreign_keys=ON; DELETE FROM parent',
  'INSERT INTO late VALUES (5)',
  'SELECT count(*) FROM late',
  'DELETE FROM parent',
  // Counting of changes
  'CREATE TABLE log(a)',
  'CREATE TRIGGER logged AFTER INSERT ON parent BEGIN INSERT INTO log VALUES (new.id); INSERT INTO log VALUES (0); END',
  'INSERT INTO parent VALUES (10), (11)',
  'UPDATE log SET a = 1',
  'UPDATE log SET a = 2 WHERE 0',
  'DELETE FROM log WHERE a = 1',
  'INSERT INTO log VALUES (1) RETURNING a',
  'DELETE FROM log',
  'DROP TABLE log',
  // Errors of SQL
  '',
  ' ',
  '-- nothing',
  ';',
  'SELEC 1',
  'SELECT nope FROM base',
  'SELECT * FROM absent',
  'SELECT count(*) FROM base LIMIT',
  "SELECT 'open",
  'INSERT INTO base(a) VALUES (1), (1)',
  'CREATE TABLE base(a)',
  'INSERT INTO base VALUES (1, 2, 3, 4)',
  'SELECT ?',
  // Limits
  `SELECT '${'x'.repeat(100_001)}'`,
  `SELECT '${'x'.repeat(99_900)}'`,
  `CREATE TABLE wide101(${columns(101)})`,
  `CREATE TABLE wide100(${columns(100)})`,
  'ALTER TABLE wide100 ADD COLUMN one_more',
  `SELECT ${columns(101).replaceAll('c', '')}`,
  'SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5',
  'SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6',
  'CREATE VIEW six AS SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6',
  'CREATE TRIGGER sixth AFTER INSERT ON base BEGIN SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6; END',
  `SELECT 'a' LIKE '${'a'.repeat(50)}'`,
  `SELECT 'a' LIKE '${'a'.repeat(51)}'`,
  `SELECT 'A' LIKE 'a', 'a%' LIKE 'a!%' ESCAPE '!', NULL LIKE 'a', 'a' LIKE NULL, 1 LIKE 1, x'61' LIKE 'a', 1.5 LIKE '1._'`,
  `SELECT 'abc' GLOB 'a*', 'A' GLOB 'a', 'a' NOT GLOB 'b', like('a', 'A'), glob('a*', 'abc')`,
  `SELECT 'a' LIKE 'a' ESCAPE 'ab'`,
  `SELECT 'a' LIKE ('a' || '${'é'.repeat(25)}')`,
  `SELECT 'a' GLOB '${'a'.repeat(51)}'`,
  'CREATE TABLE patterned(a CHECK (a LIKE ' + `'x%'` + '))',
  `INSERT INTO patterned VALUES ('xy')`,
  `INSERT INTO patterned VALUES ('yx')`,
]

let folder = ''
let real: Awaited<ReturnType<typeof openRealD1>>
let local: LocalDatabase

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'd1-runbook-refusals-'))
  real = await openRealD1()
  local = new LocalDatabase({ id: 'refusals', name: 'refusals', file: join(folder, 'database.sqlite') })
})

afterAll(async () => {
  local.close()
  await real.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the local API accepts and refuses what D1 does', () => {
  test.each(STATEMENTS.map((sql) => [sql.length > 90 ? `${sql.slice(0, 90)}…` : sql, sql]))(
    '%s',
    async (_, sql) => {
      const expected = await askD1(sql)
      expect(askLocal(sql)).toEqual(expected)
    },
  )
})

interface Answer {
  refused: string | undefined
  rows?: unknown
  changes?: number
  changedDb?: boolean
}

async function askD1(sql: string): Promise<Answer> {
  try {
    const { results, meta } = await real.d1.prepare(sql).all()
    return {
      refused: undefined,
      rows: comparable(sql, results),
      changes: meta.changes,
      changedDb: meta.changed_db,
    }
  } catch (error) {
    return { refused: wording(error) }
  }
}

function askLocal(sql: string): Answer {
  try {
    const results = local.run([{ sql }])
    const last = results.at(-1)
    const changes = results.reduce((sum, { meta }) => sum + meta.changes, 0)
    const changedDb = results.some(({ meta }) => meta.changed_db)
    const rows = (last?.rows ?? []).map((row) =>
      Object.fromEntries((last?.columns ?? []).map((name, index) => [name, plain(row[index])])),
    )
    return { refused: undefined, rows: comparable(sql, rows), changes, changedDb }
  } catch (error) {
    return { refused: wording(error) }
  }
}

/** Rows that tell about the engine itself may differ. */
function comparable(sql: string, rows: unknown): unknown {
  return /sqlite_schema|table_list|data_version|EXPLAIN|optimize/i.test(sql) ? 'differs by build' : rows
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

/** Node does not tell where in the text an error lies, and each internal error has a number of its own. */
function wording(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .replace(/^D1_ERROR: /, '')
    .replace(/ at offset \d+/, '')
    .replace(/reference = \w+/, '')
}

function columns(count: number): string {
  return Array.from({ length: count }, (_, index) => `c${index}`).join(', ')
}
