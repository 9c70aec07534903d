/**
 * What we take Cloudflare's production to be, one line an assumption: the one list. Nobody has compared it with production until a
 * live run does (`doctor --live`); the local API is set up by what such a run saw.
 */
export interface Assumption {
  id: string
  /** What is assumed, as a question that `expected` answers. */
  assumption: string
  /** Any of these bears the assumption out. */
  expected: readonly string[]
  source: string
  /** When a live run against Cloudflare bore it out, ISO 8601; null: none has. */
  provenAt: string | null
}

const ISSUES = 'https://github.com/cloudflare/workers-sdk/issues/'
const SQLITE = 'cloudflare/workerd, src/workerd/util/sqlite.c++'
const LIMITS = 'https://developers.cloudflare.com/d1/platform/limits/'
const API_LIMITS = 'https://developers.cloudflare.com/fundamentals/api/reference/limits/'

const WORKERD_COMMIT = 'workerd, which hides the error of a COMMIT'

/** Ten shapes of triggers, and what a query does to them. */
const TRIGGER_SHAPES: readonly { id: string; what: string; byQuery: string; source: string }[] = [
  {
    id: 'plain',
    what: 'in capitals',
    byQuery: 'taken',
    source: 'https://developers.cloudflare.com/d1/sql-api/sql-statements/',
  },
  {
    id: 'capitals',
    what: 'with begin and end in small letters',
    byQuery: 'cut apart',
    source: `${ISSUES}15314`,
  },
  {
    id: 'begin',
    what: 'with begin in small letters, and END',
    byQuery: 'cut apart',
    source: `${ISSUES}15314`,
  },
  {
    id: 'end',
    what: 'with BEGIN, and end in small letters',
    byQuery: 'cut apart',
    source: `${ISSUES}15314, where both are small`,
  },
  {
    id: 'bare-case',
    what: 'with a CASE … END before a semicolon that no parentheses hold',
    byQuery: 'cut apart',
    source: `${ISSUES}4326`,
  },
  {
    id: 'case-inside',
    what: 'with such a CASE … END before a WHERE',
    byQuery: 'cut apart',
    source: `${ISSUES}4326, where a semicolon follows`,
  },
  { id: 'held-case', what: 'with a CASE … END in parentheses', byQuery: 'taken', source: `${ISSUES}4326` },
  { id: 'windows-lines', what: 'with line ends of Windows', byQuery: 'cut apart', source: `${ISSUES}14991` },
  {
    id: 'far-down',
    what: 'of several lines behind six statements',
    byQuery: 'cut apart',
    source: `${ISSUES}15690`,
  },
  { id: 'lines', what: 'of several lines behind one statement', byQuery: 'taken', source: `${ISSUES}15690` },
]

function assume(
  id: string,
  assumption: string,
  expected: string | readonly string[],
  source: string,
): Assumption {
  return {
    id,
    assumption,
    expected: typeof expected === 'string' ? [expected] : expected,
    source,
    provenAt: null,
  }
}

export const ASSUMPTIONS: readonly Assumption[] = [
  assume(
    'token-owner',
    'Whose is the token: does /user/tokens/verify or /accounts/ID/tokens/verify know it?',
    ['user', 'account'],
    'https://developers.cloudflare.com/fundamentals/api/get-started/account-owned-tokens/',
  ),
  // Before any probe adds rows.
  assume(
    'rows-read',
    'How many rows read is a scan of a table of 5,000 rows?',
    '5000',
    'https://developers.cloudflare.com/d1/platform/pricing/',
  ),
  assume(
    'query-atomic-statement',
    'What stays of one query text when its third statement is refused?',
    'nothing',
    `${ISSUES}15690, 6348; one report against it`,
  ),
  assume(
    'query-atomic-commit',
    'What stays of one query text when a deferred foreign key is broken at its end?',
    'nothing',
    WORKERD_COMMIT,
  ),
  assume(
    'commit-words',
    'What is said of a deferred foreign key that is broken at the end of a query?',
    'internal error',
    WORKERD_COMMIT,
  ),
  ...TRIGGER_SHAPES.flatMap(({ id, what, byQuery, source }) => [
    assume(`trigger-${id}`, `A trigger ${what} by query`, byQuery, source),
    assume(`trigger-${id}-import`, 'The same by import', 'taken', `${ISSUES}15690`),
  ]),
  assume('statement-length', 'A statement of more than 100,000 bytes', 'refused', LIMITS),
  assume(
    'program-size',
    'An INSERT of 11,000 rows of one value: more than 25,000 operations',
    'refused',
    SQLITE,
  ),
  assume('expression-depth', 'An expression 120 deep', 'refused', SQLITE),
  assume('trigger-depth', 'Twelve triggers, each of which starts the next', 'refused', SQLITE),
  assume('columns', 'A table of 101 columns', 'refused', LIMITS),
  assume('parameters', 'A query with 101 values', 'refused', LIMITS),
  assume('compound-terms', 'A compound SELECT of 6 terms', 'refused', SQLITE),
  assume('value-bytes', 'A blob of more than 2,000,000 bytes', 'refused', LIMITS),
  assume(
    'result-bytes',
    'A result of more than 50,000,000 bytes',
    'refused',
    'a limit that is reported, and documented nowhere',
  ),
  assume('pattern-bytes', 'A LIKE pattern of 51 bytes', 'refused', LIMITS),
  assume('authorizer', 'PRAGMA user_version, which the authorizer of workerd refuses', 'refused', SQLITE),
  assume(
    'import-failed',
    'What stays of an import whose last statement is refused?',
    'nothing',
    `${ISSUES}13272`,
  ),
  assume(
    'import-order',
    'Does a deferred foreign key reach from one statement of an import to the next?',
    'no',
    `${ISSUES}9503`,
  ),
  assume(
    'import-far',
    'Does it reach over a hundred statements of an import?',
    'no',
    `${ISSUES}13272, which speaks of chunks and not of their size`,
  ),
  assume(
    'import-keys-off',
    'Has PRAGMA foreign_keys = OFF an effect within an import?',
    'yes',
    `${ISSUES}13272`,
  ),
  assume(
    'import-again',
    'Is an etag that was imported before imported again without an upload?',
    ['yes', 'uploaded again'],
    'cloudflare/workerd, ingestSql',
  ),
  assume(
    'import-available',
    'Does the database answer while an import runs?',
    'no',
    'Wrangler, which warns of it; logs that people published',
  ),
  assume(
    'import-abandoned',
    'What becomes of an import that nobody asks for any more?',
    ['taken back', 'it ends'],
    'logs that people published speak of both; whoever restores looks what is there',
  ),
  assume(
    'export-available',
    'Does the database answer while it is exported?',
    'no',
    'https://developers.cloudflare.com/d1/best-practices/import-export-data/',
  ),
  assume(
    'export-abandoned',
    'Does an export that nobody asks for go on keeping the database?',
    'yes',
    `${ISSUES}9519, 9578`,
  ),
  assume(
    'travel-moves',
    'Is the bookmark another one right after a write, and the same where nothing was written?',
    'yes',
    'cloudflare/workerd: a bookmark names a commit; nobody documents how soon the API tells it',
  ),
  assume(
    'travel-undo',
    'Does a restore take the last row away, and its undo bring it back, at once?',
    'yes',
    'https://developers.cloudflare.com/d1/reference/time-travel/',
  ),
  assume(
    'travel-field',
    'Does the field `bookmark` of a restore tell the bookmark that was asked for or a new one?',
    ['asked for', 'new'],
    'the API description calls it the new one',
  ),
  assume(
    'cut-connection',
    'Is a row written whose request was cut off once it was sent?',
    ['yes', 'no'],
    'nobody says; it decides how long an outcome stays unknown',
  ),
  assume(
    'big-integers',
    'How does 2^53 + 1 come back?',
    'rounded',
    'https://developers.cloudflare.com/d1/worker-api/',
  ),
  assume(
    'blobs',
    'How does a blob come back?',
    'as an array of bytes',
    'https://developers.cloudflare.com/d1/worker-api/',
  ),
  assume(
    'query-traffic',
    'Does GraphQL take the question for query texts?',
    'yes',
    'https://developers.cloudflare.com/d1/observability/metrics-analytics/',
  ),
  assume('rate-policy', 'Which limit do the headers tell?', '1200 in 300 s', API_LIMITS),
  assume('graphql-policy', 'Which limit do those of GraphQL tell?', '320 in 300 s', API_LIMITS),
]

/** One assumption held against a live account. */
export interface Probed {
  id: string
  assumption: string
  expected: string
  seen: string
  /** ISO 8601. */
  when: string
  /** Address of the API and name of the throw-away database. */
  where: string
  ok: boolean
}
