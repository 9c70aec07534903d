import { fc } from '../../fast-check.js'
import { describe, expect, test } from 'vitest'
import { splitStatements, statementText } from '../../../src/d1/sql/statements.js'
import { tokenize } from '../../../src/d1/sql/tokens.js'

const texts = (sql: string): string[] => splitStatements(sql).map((statement) => statement.sql)

describe('splitting a migration file', () => {
  test.each([
    { name: 'an empty file', sql: '', statements: [] },
    { name: 'comments only', sql: '-- a; b\n/* c; d */ ;;\n', statements: [] },
    {
      name: 'quotes of all four kinds',
      sql: `SELECT ';', "a;b", \`c;d\`, [e;f]; SELECT 2`,
      statements: [`SELECT ';', "a;b", \`c;d\`, [e;f]`, 'SELECT 2'],
    },
    {
      name: 'doubled quotes',
      sql: `SELECT 'it''s; so'; SELECT """;""";`,
      statements: [`SELECT 'it''s; so'`, `SELECT """;"""`],
    },
    {
      name: 'a trigger with nested CASE',
      sql: 'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN CASE 2 WHEN 2 THEN 3 END END; SELECT 1; END; SELECT 2;',
      statements: [
        'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN CASE 2 WHEN 2 THEN 3 END END; SELECT 1; END',
        'SELECT 2',
      ],
    },
    {
      name: 'a lower case trigger with comments at its end',
      sql: 'create temp trigger t after insert on a begin select 1; -- x\n/* y */ end ; select 2',
      statements: ['create temp trigger t after insert on a begin select 1; -- x\n/* y */ end', 'select 2'],
    },
    {
      name: 'columns called begin and end',
      sql: 'CREATE TABLE t ("begin" INT, "end" INT); SELECT 1;',
      statements: ['CREATE TABLE t ("begin" INT, "end" INT)', 'SELECT 1'],
    },
    {
      name: 'breakpoints of a generator',
      sql: 'SELECT 1;--> statement-breakpoint\nSELECT 2;',
      statements: ['SELECT 1', 'SELECT 2'],
    },
    { name: 'a byte order mark', sql: '\uFEFFSELECT 1;', statements: ['SELECT 1'] },
  ])('$name', ({ sql, statements }) => {
    expect(texts(sql)).toEqual(statements)
  })

  test('lines are counted from one, with CRLF too', () => {
    const [first, second] = splitStatements('-- a\r\n\r\nSELECT\r\n 1;\r\nSELECT 2')
    expect(first).toMatchObject({ line: 3, endLine: 4, terminated: true })
    expect(second).toMatchObject({ line: 5, endLine: 5, terminated: false })
  })

  const statement = fc.constantFrom(
    'SELECT 1',
    `INSERT INTO a VALUES ('x;''y', "z;", x'00')`,
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END',
    'UPDATE [a;b] SET `c;` = 1 /* ; */ WHERE 1',
    'SELECT 2 -- ; "\n + 3',
  )
  const gap = fc.constantFrom('\n', '\r\n', " /* ; ' */ ", '-- "; \n', ' ')

  test('statements joined by anything come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(statement, gap)), (parts) => {
        const sql = parts.map(([text, between]) => `${text};${between}`).join('')
        expect(texts(sql)).toEqual(parts.map(([text]) => text))
        for (const { sql: text, offset } of splitStatements(sql))
          expect(sql.slice(offset, offset + text.length)).toBe(text)
      }),
    )
  })

  test('whatever the text, tokens cover it without a gap', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (sql) => {
        expect([...tokenize(sql)].map(({ text }) => text).join('')).toBe(sql)
        splitStatements(sql)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what SQLite keeps of a statement', () => {
  test.each([
    ['CREATE VIEW v AS SELECT 1 -- one', 'CREATE VIEW v AS SELECT 1'],
    ['CREATE VIEW v AS SELECT 1\n-- one\n-- and two', 'CREATE VIEW v AS SELECT 1'],
    ['CREATE VIEW v AS SELECT 1 /* one */ ', 'CREATE VIEW v AS SELECT 1'],
    ['CREATE VIEW v AS SELECT 1 /* one', 'CREATE VIEW v AS SELECT 1'],
    ['CREATE TABLE t (a) STRICT -- all\n', 'CREATE TABLE t (a) STRICT'],
  ])('ends with its last word: %s', (stored, text) => {
    expect(statementText(stored)).toBe(text)
  })

  test.each([
    "CREATE VIEW v AS SELECT '-- one'",
    "CREATE VIEW v AS SELECT '/* one'",
    'CREATE TABLE t (a, -- the first\n b)',
    'CREATE TABLE t (a /* the first */)',
    'CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; /* one */ SELECT 2; END',
    '',
  ])('stays as it is: %s', (stored) => {
    expect(statementText(stored)).toBe(stored)
  })
})
