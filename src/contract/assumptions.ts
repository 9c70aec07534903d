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
    'workerd, which hides the error of a COMMIT',
  ),
  assume(
    'trigger-plain',
    'A trigger in capitals by query',
    'taken',
    'https://developers.cloudflare.com/d1/sql-api/sql-statements/',
  ),
  assume(
    'trigger-capitals',
    'A trigger with begin and end in small letters by query',
    'cut apart',
    `${ISSUES}15314`,
  ),
  assume(
    'trigger-bare-case',
    'A trigger with a CASE … END that no parentheses hold by query',
    'cut apart',
    `${ISSUES}4326`,
  ),
  assume('trigger-held-case', 'The same in parentheses', 'taken', `${ISSUES}4326`),
  assume(
    'trigger-windows-lines',
    'A trigger with line ends of Windows by query',
    'cut apart',
    `${ISSUES}14991`,
  ),
  assume(
    'trigger-far-down',
    'A trigger of several lines behind six statements by query',
    'cut apart',
    `${ISSUES}15690`,
  ),
  assume('trigger-import', 'All of these triggers by import', 'taken', `${ISSUES}15690`),
  assume('statement-length', 'A statement of more than 100,000 bytes', 'refused', LIMITS),
  assume(
    'program-size',
    'An INSERT of 11,000 rows of one value: more than 25,000 operations',
    'refused',
    SQLITE,
  ),
  assume('expression-depth', 'An expression 120 deep', 'refused', SQLITE),
  assume('trigger-depth', 'Twelve triggers, each of which starts the next', 'refused', SQLITE),
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
