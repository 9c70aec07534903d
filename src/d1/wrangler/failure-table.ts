import type { FailureType } from '../../contract/failures.js'
import { command, words, type Words } from '../../contract/next-command.js'

/** One thing that Wrangler or Cloudflare's API says. Whether it may help to try again stands with the type. */
export interface FailureRow {
  type: FailureType
  match: RegExp
  /** Only of a remote database, or only of one on this machine: the same words mean another thing there. */
  place?: 'remote' | 'local'
  /** What it means, as one sentence. */
  meaning: string
  advice: Words
  /** Milliseconds before the same may help, where that is known to be long. */
  retryAfterMs?: number
  /** Texts that are documented or were reported, word for word; this row is the first that matches them. */
  texts: readonly string[]
  /** Where they come from. */
  source: string
}

const DEBUG_D1 = 'https://developers.cloudflare.com/d1/observability/debug-d1/'
const LIMITS = 'https://developers.cloudflare.com/d1/platform/limits/'
const WORKERD = 'cloudflare/workerd, src/workerd/util/sqlite.c++'
const ISSUES = 'https://github.com/cloudflare/workers-sdk/issues/'
const API = 'https://developers.cloudflare.com/fundamentals/api/troubleshooting/'
const WRANGLER = 'Wrangler 4.33.2 to 4.150.0'

const SQL_ADVICE =
  'Correct the SQL, then make a new plan. D1 takes a refused file back as a whole: all reports but one say so.'
/** For what changes something; a question is simply asked again. */
export const READ_BACK = 'What the command did is read back from the database before anything is tried again.'
const QUIETER =
  'Choose a quieter hour, or split the migration into smaller ones. What was done is read back before anything is tried again.'
const SMALLER = 'Split it: fewer rows in a statement, fewer statements in a file.'

/** Said of SQL that is whole. */
export const CUT_APART: FailureRow = {
  type: 'SqlRefused',
  match: /incomplete input: SQLITE_ERROR|incomplete input.*code: 7500/,
  place: 'remote',
  meaning: "D1's own splitter of a request cut a statement apart, most often a trigger.",
  advice: words`${command('plan')} shows what cuts a trigger (TR102), and the form to paste. In no report did anything of such a file remain in the database. The same bytes pass by import, \`wrangler d1 execute --remote --file\`, which is no transaction.`,
  texts: ['incomplete input: SQLITE_ERROR [code: 7500]'],
  source: `${ISSUES}15314, 4326, 14991, 15690`,
}

/** Said of a value that is stored, or only made on the way to a result. */
export const VALUE_TOO_BIG: FailureRow = {
  type: 'SqlRefused',
  match: /string or blob too big/i,
  meaning: 'A row, a text or a blob is larger than the 2 MB that D1 takes.',
  advice: 'Keep large values elsewhere (R2), or split them over rows.',
  texts: ['string or blob too big: SQLITE_TOOBIG'],
  source: LIMITS,
}

/**
 * What Wrangler and the API print, from top to bottom: the first row that matches decides. Refusals of which more is to be said
 * stand before the mark that SQLite leaves behind each of its messages, and that mark before every number and word that
 * such a message may quote. D1's code 7500 stands on refused SQL and on its own failures alike: only the words tell them apart.
 */
export const FAILURE_TABLE: readonly FailureRow[] = [
  CUT_APART,
  {
    type: 'SqlRefused',
    match: /out of memory: SQLITE_NOMEM|failed to allocate for query/,
    meaning:
      'The program of one statement is larger than the 25,000 operations that D1 allows: rows times (columns + 1) of an INSERT.',
    advice: 'Put fewer rows into one INSERT: rows times (columns + 1) must stay below 21,000.',
    texts: [
      'out of memory: SQLITE_NOMEM [code: 7500]',
      'Error 9000: exception caught in D1 core. failed to allocate for query [code: 7500]',
    ],
    source: WORKERD,
  },
  {
    type: 'SqlRefused',
    match: /statement too long/i,
    meaning: 'One statement is longer than 100,000 bytes.',
    advice: 'Split the statement: fewer rows in one INSERT.',
    texts: ['statement too long: SQLITE_TOOBIG', 'Statement too long'],
    source: LIMITS,
  },
  VALUE_TOO_BIG,
  {
    type: 'SqlRefused',
    match: /too many SQL variables|too many columns|too many terms in compound SELECT/i,
    meaning:
      'The statement passes a limit of its parts: 100 columns, 100 parameters, 5 terms of a compound SELECT.',
    advice: 'Use fewer: a second table with the same key, several statements, VALUES in place of UNION.',
    texts: [
      'too many SQL variables at offset 9: SQLITE_ERROR',
      'too many columns on wide: SQLITE_ERROR',
      'too many terms in compound SELECT: SQLITE_ERROR',
    ],
    source: `${LIMITS}; ${WORKERD}`,
  },
  {
    type: 'SqlRefused',
    match:
      /Expression tree is too large|too many levels of trigger recursion|pattern too complex|parser stack overflow/i,
    meaning:
      'An expression is nested deeper than 100, triggers fire each other more than 10 deep, or a LIKE pattern is longer than 50 bytes.',
    advice: 'Split the expression, or break the chain of triggers.',
    texts: [
      'Expression tree is too large (maximum depth 100): SQLITE_ERROR',
      'too many levels of trigger recursion: SQLITE_ERROR',
      'LIKE or GLOB pattern too complex: SQLITE_ERROR',
    ],
    source: WORKERD,
  },
  {
    type: 'SqlRefused',
    match:
      /not authorized(?: to use function)?.*SQLITE_AUTH|not authorized to use function|not authorized: SQLITE_ERROR/,
    meaning:
      'D1 does not allow this kind of statement: ATTACH, TEMP, VACUUM, most PRAGMAs, some functions, names that begin with _cf_.',
    advice: 'Do without it; the plan says what else reaches the same (D1L103, D1L104, TX102).',
    texts: [
      'not authorized: SQLITE_AUTH [code: 7500]',
      'not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR',
    ],
    source: WORKERD,
  },
  {
    type: 'SqlRefused',
    match: /state\.storage\.transaction\(\)/,
    meaning: 'D1 takes no BEGIN, COMMIT or SAVEPOINT: a file is one transaction already.',
    advice: 'Remove BEGIN, COMMIT, SAVEPOINT and ROLLBACK from the file.',
    texts: [
      'To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs [code: 7500]',
    ],
    source: WORKERD,
  },
  {
    type: 'SqlRefused',
    match: /cannot export databases with Virtual Tables/i,
    meaning:
      'D1 exports no database that has a search table (FTS5) or another virtual table; the attempt may leave it blocked.',
    advice: words`Drop the virtual tables for the time of the export and create them again behind it, or rely on Time Travel. If queries say "long-running export" now, wait until it times out.`,
    texts: ['D1 Export error: cannot export databases with Virtual Tables (fts5)'],
    source: `${ISSUES}9519`,
  },
  {
    type: 'SqlRefused',
    match: /No SQL statements detected|SQL code did not contain a statement/i,
    meaning: 'The file holds no statement.',
    advice: 'Write one, or remove the file.',
    texts: ['No SQL statements detected. [code: 7500]', 'SQL code did not contain a statement. [code: 7500]'],
    source: DEBUG_D1,
  },
  {
    // SQLite's own mark behind its message is beyond doubt, whatever numbers and words the message quotes.
    type: 'SqlRefused',
    match: /: SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|AUTH|TOOBIG|NOMEM|RANGE|NOTADB)(?:_[A-Z]+)?\b/,
    meaning: 'SQLite refused a statement.',
    advice: SQL_ADVICE,
    texts: [
      'near "429": syntax error at offset 7: SQLITE_ERROR',
      'UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT [code: 7500]',
      'FOREIGN KEY constraint failed: SQLITE_CONSTRAINT_TRIGGER [code: 7500]',
      'incomplete input: SQLITE_ERROR',
    ],
    source: WORKERD,
  },
  {
    type: 'LimitReached',
    match: /SQLITE_FULL|database or disk is full|Exceeded maximum DB size/i,
    place: 'remote',
    meaning: 'The database has reached the size that D1 gives it: 10 GB, or 500 MB on the free plan.',
    advice:
      'Delete what is not needed (freed pages are used again), or move tables into another database. Disk space of this machine has nothing to do with it.',
    texts: ['D1_ERROR: Exceeded maximum DB size', 'database or disk is full: SQLITE_FULL'],
    source: `${LIMITS}; https://github.com/cloudflare/cloudflare-docs/issues/29058`,
  },
  {
    type: 'LimitReached',
    match: /Exceeded (?:D1's )?maximum account storage/i,
    meaning: 'All databases of the account together have reached the storage of its plan.',
    advice: 'Delete databases or rows that are not needed, or raise the plan of the account.',
    texts: [
      'Exceeded maximum account storage limit',
      "Your account has exceeded D1's maximum account storage limit, please contact Cloudflare to raise your limit [code: 7500]",
    ],
    source: `${DEBUG_D1}; https://github.com/cloudflare/cloudflare-docs/pull/24991`,
  },
  {
    type: 'LimitReached',
    match: /databases per account|maximum number of D1 databases/i,
    meaning: 'The account has as many databases as it may have.',
    advice: 'Delete one that is not needed (`wrangler d1 list`), or raise the plan of the account.',
    texts: [
      'System limit reached: databases per account (10) [code: 7406]',
      'You have reached the maximum number of D1 databases for your account.',
    ],
    source: `${ISSUES}2913; https://github.com/cloudflare/workers-sdk/pull/12472`,
  },
  {
    type: 'LimitReached',
    match:
      /daily .{0,60}(?:limit|quota)|(?:limit|quota).{0,60}(?:per day|daily)|free (?:tier|plan).{0,80}limit|row (?:read|write) requests (?:are|will)/i,
    meaning:
      'The rows that the free plan may read or write in a day are used up: until midnight UTC D1 refuses queries of the account, those of the application too.',
    advice: 'Wait until midnight UTC, or move the account to a paid plan.',
    texts: [
      "D1_ERROR: Your account has exceeded D1's free tier daily row read limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue. [code: 7500]",
      "Your account has exceeded D1's free tier daily row write limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.",
      'The account has reached its daily row read limit.',
      'You have exceeded the daily D1 free tier limit of 5000000 rows read',
      'D1 row read requests are temporarily blocked',
      'your daily limits have been exceeded',
    ],
    source: `${DEBUG_D1}; https://developers.cloudflare.com/d1/reference/faq/`,
  },
  {
    type: 'DatabaseLocked',
    match: /processing a long-running (?:export|import)|Cannot start a(?:nother| new) (?:export|import)/i,
    meaning:
      'An export or import holds the database, possibly one that somebody abandoned: D1 answers nothing until it is complete or times out.',
    advice:
      'It is waited for and tried again. The application gets no answer either: find out who exports (a schedule, `wrangler d1 export`, the dashboard).',
    retryAfterMs: 60_000,
    texts: [
      'D1_ERROR: Currently processing a long-running export.',
      'Currently processing a long-running export. Cannot start a new export until that completes or times out.',
      'D1_ERROR: Currently processing a long-running import.',
      'Currently processing a long-running import. Cannot start another import until that completes or times out.',
    ],
    source: `${ISSUES}9519, 9578; logs that people published`,
  },
  {
    type: 'OutcomeUnknown',
    match: /Not currently import(?:ing anything| at bookmark)|Cancelled due to no poll\(\) received/i,
    meaning:
      'D1 knows the import no more: it ended, or was given up after 15 seconds in which nobody asked for it and is taken back. D1 says the same of both.',
    advice: READ_BACK,
    texts: [
      'Not currently importing anything.',
      'Not currently import at bookmark 00000102-00000000-000050f7-aae6.',
      'Cancelled due to no poll() received in 15000ms.',
    ],
    source: 'Logs that people published',
  },
  {
    type: 'OutcomeUnknown',
    match: /D1_RESET_DO/,
    meaning:
      'D1 reset the database under an import or a query and says no more. People report it of rows before their parents, of duplicate keys, of more than D1 does at once, and of what passed the next time.',
    advice: `${READ_BACK} If it comes each time, look for keys that are broken or there twice, and put less into one statement and one file.`,
    texts: ['{"D1_RESET_DO":true}', 'D1_ERROR: {"D1_RESET_DO":true}'],
    source: 'Scripts and notes that people published',
  },
  {
    type: 'OutcomeUnknown',
    match: /D1 DB is overloaded|(?:Too many requests|Requests) queued/i,
    meaning: 'More requests wait for this database than D1 queues.',
    advice: QUIETER,
    texts: [
      'D1 DB is overloaded. Requests queued for too long.',
      'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
      'D1 DB is overloaded. Requests queued for too long. [code: 7429]',
    ],
    source: DEBUG_D1,
  },
  {
    type: 'LimitReached',
    match: /exceeded its (?:memory|CPU time) limit/i,
    meaning:
      'A query took more memory or processor time than D1 gives one database, and D1 reset it: this one, or one beside it. The same again may do it again.',
    advice: SMALLER,
    texts: [
      "D1 DB's isolate exceeded its memory limit and was reset.",
      'D1 DB exceeded its CPU time limit and was reset.',
      'D1 DB exceeded its CPU time limit and was reset. [code: 7429]',
    ],
    source: DEBUG_D1,
  },
  {
    type: 'OutcomeUnknown',
    match: /storage operation exceeded timeout/i,
    meaning: 'The work wrote for longer than D1 lets it.',
    advice: QUIETER,
    texts: [
      'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
      'D1 DB storage operation exceeded timeout which caused object to be reset. [code: 7429]',
    ],
    source: DEBUG_D1,
  },
  {
    type: 'OutcomeUnknown',
    match:
      /reset because its code was updated|caused object to be reset|Durable Object instance is no longer active|Cannot resolve D1 DB|D1 reset before \w+ completed|request stream because client disconnected|Network connection lost/i,
    meaning: 'D1 moved, updated or lost the database under the request, or the connection to it.',
    advice: READ_BACK,
    texts: [
      'D1 DB reset because its code was updated.',
      'Internal error while starting up D1 DB storage caused object to be reset.',
      'Internal error in D1 DB storage caused object to be reset.',
      'Cannot resolve D1 DB due to transient issue on remote node.',
      "Can't read from request stream because client disconnected.",
      'D1_ERROR: Network connection lost.',
      'Durable Object reset because its code was updated.',
      'Connection closed: this Durable Object instance is no longer active. Reconnect or retry the request.',
      'D1 reset before export completed!',
      'D1 reset before execute completed!',
    ],
    source: `${DEBUG_D1}; ${WRANGLER}`,
  },
  {
    type: 'OutcomeUnknown',
    match: /internal error; reference = /i,
    meaning:
      'D1 failed, or the file broke a deferred foreign key at its end: D1 says no more of either. Both are taken back as a whole.',
    advice: `${READ_BACK} If it comes each time, look for rows without their parent at the end of the file (PRAGMA foreign_key_check).`,
    texts: ['internal error; reference = 0123456789abcdef [code: 7500]'],
    source: `workerd, which hides the error of a COMMIT; ${ISSUES}14731, 15449`,
  },
  {
    type: 'Network',
    match:
      /File (?:could not be uploaded|contents did not upload|did not upload)|downloading from the presigned URL/i,
    meaning:
      'The store beside D1, through which it imports and exports files, did not take or give the file.',
    advice: 'It is tried again by itself.',
    texts: [
      'File could not be uploaded. Please retry.\nGot response: <Error><Code>AccessDenied</Code></Error> 403 Forbidden',
      'File contents did not upload successfully. Please retry.',
      'There was an error while downloading from the presigned URL with status code: 403',
    ],
    source: WRANGLER,
  },
  {
    type: 'NotAuthenticated',
    match:
      /not authenticated|not logged in|necessary to set a CLOUDFLARE_API_TOKEN|Authentication error|Invalid access token|Invalid API Token|Invalid request headers|Unable to authenticate|code: (?:1000|9109|9106|6003|10000|1000[01])\b|\b401\b.{0,20}Unauthorized|wrangler login/i,
    meaning: 'Cloudflare does not know the token or the login.',
    advice: 'Run `wrangler login`, or set CLOUDFLARE_API_TOKEN to a valid token with D1 edit rights.',
    texts: [
      'You are not authenticated. Please run `wrangler login`.',
      "it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for wrangler to work",
      'Authentication error [code: 10000]',
      'Invalid API Token [code: 1000]',
      'Unauthorized to access requested resource [code: 9109]',
      'Invalid request headers [code: 6003]',
    ],
    source: API,
  },
  {
    type: 'NotPermitted',
    match: /\b403\b|Forbidden|not (?:authorized|permitted|entitled)|missing permission|code: 7403/i,
    meaning:
      'Cloudflare knows the token or login, and lets it not do this on this account. It says so of a login that has grown old, too.',
    advice: 'Give the token the permission "D1: Edit" on this account, or run `wrangler login` again.',
    texts: ['The given account is not valid or is not authorized to access this service [code: 7403]'],
    source: `${API}; ${ISSUES}15553`,
  },
  {
    type: 'RateLimited',
    match: /\b429\b|rate.?limit|too many (?:requests|restores)|code: (?:971|10429)\b/i,
    meaning:
      'The user has made more than 1,200 calls in five minutes, dashboard included, or ten restores in ten: for up to five minutes every call is refused.',
    advice: 'Wait a few minutes; the work is tried again by itself.',
    retryAfterMs: 60_000,
    texts: [
      'Please wait and consider throttling your request speed [code: 971]',
      'Received a 429 Too Many Requests',
      'More than 1200 requests per 300 seconds reached. Please wait and consider throttling your request speed [code: 10429]',
      'Too many restores: at most 10 in 10 minutes [code: 7500]',
    ],
    source: 'https://developers.cloudflare.com/fundamentals/api/reference/limits/',
  },
  {
    type: 'BookmarkInvalid',
    match: /invalid bookmark|bookmark .{0,120}(?:retention|expired|not (?:be )?found|does not exist)/i,
    meaning: 'Time Travel does not know the bookmark, or it is older than 30 days (7 on the free plan).',
    advice: words`Take another way back: ${command('rollback', '--strategy', 'restore-backup')} or ${command('rollback', '--strategy', 'reverse-migration')}.`,
    texts: [
      'Invalid bookmark: 00000000-00000001 [code: 7500]',
      'Bookmark 00000000-1 is outside of the retention period [code: 7500]',
    ],
    source: 'https://developers.cloudflare.com/d1/reference/time-travel/',
  },
  {
    type: 'OutcomeUnknown',
    match:
      /\b50[234]\b|gateway time-?out|Bad Gateway|Service Unavailable|operation was aborted due to timeout|headers timeout|body timeout|D1_ERROR: .*(?:reset|overloaded|timed? ?out)|exceeded timeout|code: 7429|malformed response|internal (?:server )?error/i,
    meaning: 'No answer came that says what was done.',
    advice: READ_BACK,
    texts: [
      'Received a malformed response from the API <html>504 Gateway Time-out</html> -> 504 Gateway Timeout',
      'Internal server error [code: 7500]',
      'D1_ERROR: the query timed out [code: 7429]',
      'Upstream service unavailable [code: 7009]',
      'Internal error: Error sending request to D1 for database 1234 [code: 7501]',
    ],
    source: `${WRANGLER}; ${ISSUES}13690, 3550`,
  },
  {
    type: 'DatabaseNotFound',
    match:
      /Couldn't find (?:a )?D1 (?:DB|database)|database .{0,80}not (?:be )?found|code: 7404|could not be found.*7404|code: 7003/i,
    meaning: 'The account has no such database.',
    advice: 'Check database_name and database_id in the Wrangler file, and the account (`wrangler d1 list`).',
    texts: [
      "Couldn't find a D1 DB with the name or binding 'nope' in your wrangler.toml file.",
      'The database 1234 could not be found [code: 7404]',
      'Could not route to /client/v4/accounts/x/d1/database/y, perhaps your object identifier is invalid? [code: 7003]',
    ],
    source: `${API}; ${WRANGLER}`,
  },
  {
    type: 'ConfigInvalid',
    match: /Invalid (?:property: databaseId|uuid)/i,
    meaning: 'The database_id of the Wrangler file is no UUID, such as a placeholder or the name.',
    advice: 'Put the UUID that `wrangler d1 list` shows for the database into database_id.',
    texts: ['Invalid property: databaseId => Invalid uuid [code: 7400]'],
    source: 'Notes and scripts that people published',
  },
  {
    type: 'DiskFull',
    match: /ENOSPC|no space left|SQLITE_FULL|disk is full/i,
    meaning: 'The disk of this machine is full.',
    advice: 'Free some disk space on this machine, then run the same command again.',
    texts: ['ENOSPC: no space left on device, write'],
    source: 'Node and SQLite',
  },
  {
    type: 'DatabaseLocked',
    match: /SQLITE_BUSY|database is locked|SQLITE_LOCKED|database table is locked/i,
    meaning: 'Another process holds the database.',
    advice: 'Stop `wrangler dev` or the other migration, then try again.',
    texts: ['database is locked: SQLITE_BUSY'],
    source: 'SQLite',
  },
  {
    type: 'MigrationsNotFound',
    match: /No migrations (?:folder|directory|present)/i,
    meaning: 'Wrangler found no migrations where the configuration says.',
    advice: 'Check migrations_dir of the database in the Wrangler file.',
    texts: ['No migrations present at /x/migrations.'],
    source: WRANGLER,
  },
  {
    type: 'SqlRefused',
    match:
      /SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|AUTH|TOOBIG|RANGE|SCHEMA|NOTADB)|D1_(?:TYPE_ERROR|COLUMN_NOTFOUND|EXEC_ERROR)|syntax error|incomplete input|no such (?:table|column|index|function|trigger|view|collation)|has no column named|already exists|duplicate column|constraint failed|datatype mismatch|not authorized to|BEGIN TRANSACTION|SAVEPOINT|unrecognized token|unsupported use of|foreign key mismatch|ambiguous column|Wrong number of parameter bindings/i,
    meaning: 'D1 refused a statement, in older or shorter words.',
    advice: SQL_ADVICE,
    texts: [
      'D1_EXEC_ERROR: Error in line 1: INSERTZ INTO t: sql error: near "INSERTZ": syntax error',
      "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
      'D1_COLUMN_NOTFOUND: Column not found (name)',
      'no such table: nope',
      'Wrong number of parameter bindings for SQL query. [code: 7500]',
    ],
    source: DEBUG_D1,
  },
  {
    type: 'Network',
    match:
      /fetch failed|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|UND_ERR|socket hang up|network|connection (?:was )?(?:closed|lost|reset)|terminated/i,
    meaning: 'Cloudflare was not reached, or not to the end.',
    advice: 'Check the connection to api.cloudflare.com; the work is tried again by itself.',
    texts: [
      'fetch failed',
      'request to https://api.cloudflare.com failed, reason: connect ECONNREFUSED 127.0.0.1:1',
    ],
    source: `Node; ${WRANGLER}`,
  },
  {
    type: 'ConfigInvalid',
    match:
      /No environment found|Unknown arguments?|Not enough non-option arguments|Processing .* configuration|Could not find .*config|Missing required|Invalid values/i,
    meaning: 'Wrangler does not understand its configuration or its command line.',
    advice: words`Check the Wrangler file: ${command('doctor')} says what is wrong with it.`,
    texts: [
      'Processing wrangler.toml configuration:\n - "d1_databases" bindings should have a string "binding"',
    ],
    source: WRANGLER,
  },
  {
    // Last, and without words of its own: what nobody knows is repeated only after the database was read.
    type: 'OutcomeUnknown',
    match: /(?:)/,
    meaning: 'Nobody knows these words.',
    advice: READ_BACK,
    texts: ['The request failed [code: 7500]', 'something nobody has ever seen'],
    source: '-',
  },
]

/** The row that decides; the last one takes whatever no other knows. */
export function rowOf(text: string, place: 'remote' | 'local' | undefined): FailureRow {
  const row = FAILURE_TABLE.find(
    (candidate) => (candidate.place === undefined || candidate.place === place) && candidate.match.test(text),
  )
  if (row === undefined) throw new Error('The last row of the table matches every text.')
  return row
}
