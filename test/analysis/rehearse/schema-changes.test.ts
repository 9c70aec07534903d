import { describe, expect, test } from 'vitest'
import { schemaChangesOf } from '../../../src/analysis/rehearse/schema-changes.js'
import { rehearsedOn } from '../reverse/rehearsed.js'

const SCHEMA = `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
CREATE INDEX by_v ON t (v);
INSERT INTO t VALUES (1, 'a'), (2, 'b');`

async function changesOf(forward: string): Promise<string[]> {
  const { evidence } = await rehearsedOn(SCHEMA, forward)
  expect(evidence.failures).toEqual([])
  return schemaChangesOf(evidence).map(
    ({ type, name, change, renamedFrom }) =>
      `${type} ${name} ${change}${renamedFrom === undefined ? '' : ` from ${renamedFrom}`}`,
  )
}

describe('the changes of the schema', () => {
  test.each([
    ['ALTER TABLE t RENAME TO things;', ['table things changed from t', 'index by_v changed']],
    [
      'ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t RENAME TO x; ALTER TABLE x RENAME TO things;',
      ['table things changed from t', 'index by_v changed'],
    ],
    // A copy under another name is no rename of the schema: one table goes, another one comes.
    [
      'CREATE TABLE things (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO things SELECT * FROM t; DROP TABLE t;',
      ['table t removed', 'table things added', 'index by_v removed'],
    ],
    ['ALTER TABLE t RENAME TO old; DROP TABLE old;', ['table t removed', 'index by_v removed']],
    ['ALTER TABLE t RENAME TO x; ALTER TABLE x RENAME TO t;', ['table t changed', 'index by_v changed']],
  ])('%s', async (forward, changes) => {
    expect(await changesOf(forward)).toEqual(changes)
  })
})
