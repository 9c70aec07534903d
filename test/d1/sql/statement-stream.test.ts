import { fc } from '../../fast-check.js'
import { describe, expect, test } from 'vitest'
import { StatementStream } from '../../../src/d1/sql/statement-stream.js'
import { splitStatements } from '../../../src/d1/sql/statements.js'

function streamed(sql: string, size = sql.length + 1): string[] {
  const stream = new StatementStream()
  const bytes = Buffer.from(sql)
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += size)
    parts.push(...stream.push(bytes.subarray(at, at + size)))
  return [...parts, ...stream.end()].map((part) => Buffer.from(part).toString())
}

/** What both readers make of a text, without the comments and the semicolons around a statement. */
const bare = (texts: string[]): string[] =>
  texts.flatMap((text) => splitStatements(text).map(({ sql }) => sql))

const STATEMENTS = [
  'SELECT 1',
  `INSERT INTO a VALUES ('x;''y', "z;", x'00', 'ä; €')`,
  'CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END',
  'CREATE TRIGGER ends AFTER UPDATE ON slots BEGIN UPDATE log SET until = NEW.end; END',
  'CREATE TRIGGER begins AFTER UPDATE ON slots BEGIN UPDATE log SET start = NEW.begin; SELECT OLD.end; END',
  'CREATE TRIGGER "case" AFTER UPDATE ON a WHEN NEW.end IS NOT OLD.end BEGIN DELETE FROM b WHERE end = 1; END',
  'create /* ; */ temp trigger t after insert on a begin select 1; -- ; end;\n end',
  'CREATE TABLE slots (begin INT, end INT)',
  'UPDATE [a;b] SET `c;` = 1 /* ; */ WHERE 1',
]

describe('a stream of statements', () => {
  test.each(STATEMENTS)('is cut as the file is split: %s', (statement) => {
    const sql = `${statement};\nSELECT 2;`
    expect(bare(streamed(sql))).toEqual(splitStatements(sql).map((each) => each.sql))
    expect(streamed(sql)).toHaveLength(2)
  })

  test('is cut alike wherever its chunks end', () => {
    const text = fc.array(
      fc.tuple(fc.constantFrom(...STATEMENTS), fc.constantFrom('\n', ' /* ; */ ', '-- "\n')),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), (parts, size) => {
        const sql = parts.map(([statement, gap]) => `${statement};${gap}`).join('')
        expect(bare(streamed(sql, size))).toEqual(parts.map(([statement]) => statement))
      }),
    )
  })
})
