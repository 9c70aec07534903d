import type { StatementEvidence } from '../evidence.js'
import { unquote } from '../../d1/sql/tokens.js'
import { findingOf, type Rule } from './rule.js'

export const sd101: Rule = {
  code: 'SD101',
  title: 'sample data',
  severity: 'warning',
  advice:
    'Keep sample rows in a seed script that never runs in production; rows that the application needs are fine.',
  source: 'experience: seeds of a test database in a production migration',
  check: (evidence) => {
    const found = new Map<string, { statement: StatementEvidence; sign: string }>()
    for (const statement of evidence.statements) {
      const { verb, target } = statement.anatomy
      const key = `${statement.file} ${target ?? ''}`
      const sign = verb === 'insert' ? signOfSample(statement) : undefined
      if (sign !== undefined && !found.has(key)) found.set(key, { statement, sign })
    }
    return [...found.values()].map(({ statement, sign }) =>
      findingOf(
        sd101,
        'warning',
        statement,
        `Rows for ${statement.anatomy.target ?? ''} look like sample data: ${sign}.`,
        statement.anatomy.target === undefined ? {} : { table: statement.anatomy.target },
      ),
    )
  },
}

const FILE =
  /(?:^|[^a-z])(?:sample|samples|demo|mock|mocks|fixture|fixtures|dummy|fake|test_?(?:data|users?|rows?|accounts?))(?:[^a-z]|$)/i

const TEXTS: RegExp[] = [
  /^[^\s@]+@(?:[\w-]+\.)*(?:example|test|localhost|invalid|acme|foo|bar)(?:\.(?:com|org|net|test|local|dev))?$/i,
  /^(?:test|tester|testuser|demo|dummy|sample|fake|foo|john(?:\.?doe)?|jane(?:\.?doe)?)\d*@/i,
  /\blorem ipsum\b/i,
  /^(?:john|jane) (?:doe|smith|q\. public)$/i,
  /^(?:test|sample|demo|dummy|fake|mock)[ _-](?:user|account|customer|client|data|company|org(?:anization)?|product|item|post|article|artwork|artist|project|title|name|description)s?\b(?: ?[#\d\w]{0,3})?$/i,
  /^(?:user|customer|product|test|foo|bar)[ _-]?\d{1,3}@/i,
  /^(?:password|password123|changeme|hunter2|secret123)$/i,
]

function signOfSample({ file, anatomy }: StatementEvidence): string | undefined {
  if (anatomy.copies) return undefined
  const texts = anatomy.tokens
    .filter(({ kind, text }) => kind === 'string' || text.startsWith('"'))
    .map(({ text }) => unquote(text))
  const text = texts.find((value) => TEXTS.some((pattern) => pattern.test(value.trim())))
  if (text !== undefined) return `'${text.slice(0, 60)}'`
  return texts.length > 0 && FILE.test(file) ? `the file is called ${file}` : undefined
}
