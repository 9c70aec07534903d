import { CATALOG_SQL, catalogOf, schemaFingerprint } from '../../src/d1/schema/catalog.js'
import { openSqlite, type Row } from '../../src/d1/sqlite/sqlite.js'

/** The schema fingerprint after `sql`, as a rehearsal would predict it. */
export function fingerprintOf(sql: string): string {
  const database = openSqlite(':memory:')
  database.exec(sql)
  const rows = database.prepare(CATALOG_SQL).all() as Row[]
  database.close()
  return schemaFingerprint(catalogOf(rows))
}
