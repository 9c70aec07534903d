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

/** Names of files that hold rows for a test. */
const FILE =
  /(?:^|[^a-z])(?:seed|seeds|sample|samples|demo|mock|mocks|fixture|fixtures|dummy|fake|test_?(?:data|users?|rows?|accounts?))(?:[^a-z]|$)/i

/** What nobody's real rows hold: addresses at names reserved for examples, people and texts that stand for any. */
const SAMPLES: RegExp[] = [
  /^[^\s@%*]+@(?:[\w-]+\.)*(?:example|test|localhost|invalid|acme|foo|bar)(?:\.(?:com|org|net|test|local|dev))?$/i,
  /^(?:test|tester|testuser|demo|dummy|sample|fake|foo|john(?:\.?doe)?|jane(?:\.?doe)?)\d*@/i,
  /\blorem ipsum\b/i,
  /^(?:john|jane) (?:doe|smith|q\. public)$/i,
  /^(?:test|sample|demo|dummy|fake|mock)[ _-](?:user|account|customer|client|data|company|org(?:anization)?|product|item|post|article|artwork|artist|project|title|name|description)s?(?: |#|[ _-]#)?[#\d]{1,3}$/i,
  /^(?:user|customer|product|test|foo|bar)[ _-]?\d{1,3}@/i,
]

/** What a list of kinds, settings or allowed words may hold as well: a sign only where another one stands beside it. */
const PERHAPS: RegExp[] = [
  /^(?:test|sample|demo|dummy|fake|mock)[ _-](?:user|account|customer|client|data|company|org(?:anization)?|product|item|post|article|artwork|artist|project|title|name|description)s?\b/i,
  /^(?:password|password123|changeme|hunter2|secret123)$/i,
]

/** The texts of an INSERT that give its rows away as samples. The name of a file alone says nothing of the rows in it. */
function signOfSample({ file, anatomy }: StatementEvidence): string | undefined {
  if (anatomy.copies) return undefined
  const texts = anatomy.tokens
    .filter(({ kind, text }) => kind === 'string' || text.startsWith('"'))
    .map(({ text }) => unquote(text).trim())
  const matching = (patterns: RegExp[]): string[] =>
    texts.filter((value) => patterns.some((pattern) => pattern.test(value)))
  const [sure] = matching(SAMPLES)
  if (sure !== undefined) return shown(sure)
  const [first, second] = [...new Map(matching(PERHAPS).map((text) => [text.toLowerCase(), text])).values()]
  if (first === undefined) return undefined
  if (second !== undefined) return `${shown(first)}, ${shown(second)}`
  return FILE.test(file) ? `${shown(first)}, in a file called ${file}` : undefined
}

function shown(text: string): string {
  return `'${text.slice(0, 60)}'`
}
