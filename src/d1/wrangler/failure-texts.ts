import type { FailureType } from '../../contract/failures.js'
import { command, words, type Words } from '../../contract/next-command.js'

/** How a command of Wrangler ended, as far as its process can tell. */
export interface CommandEnd {
  stdout: string
  stderr: string
  /** Undefined when a signal ended the process. */
  exitCode: number | undefined
  /** Our own time limit passed. */
  timedOut?: boolean
}

interface Rule {
  type: FailureType
  pattern: RegExp
  advice: Words
}

const SQL_ADVICE = 'Correct the SQL, then make a new plan; nothing of this file remained in the database.'

/**
 * What Wrangler and the API print, read from top to bottom: the first pattern that matches decides. Texts that mean
 * "no answer came" stand before the SQL errors, because a gateway's time-out may quote the statement. D1's code 7500 stands
 * on refused SQL and on its own failures alike: only SQLite's words tell them apart.
 */
const RULES: Rule[] = [
  {
    // SQLite's own mark behind its message is beyond doubt, whatever numbers and words the message quotes.
    type: 'SqlRefused',
    pattern: /: SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|AUTH|TOOBIG|NOMEM|RANGE|NOTADB)\b/,
    advice: SQL_ADVICE,
  },
  {
    type: 'NotAuthenticated',
    pattern:
      /not authenticated|not logged in|necessary to set a CLOUDFLARE_API_TOKEN|Authentication error|Invalid access token|Invalid request headers|Unable to authenticate|code: (?:9109|9106|6003|10000|1000[01])\b|\b401\b.{0,20}Unauthorized|wrangler login/i,
    advice: 'Run `wrangler login`, or set CLOUDFLARE_API_TOKEN to a token with D1 edit rights.',
  },
  {
    type: 'NotPermitted',
    pattern: /\b403\b|Forbidden|not (?:authorized|permitted|entitled)|missing permission|code: 7403/i,
    advice: 'Give the token the permission "D1: Edit" on this account.',
  },
  {
    type: 'RateLimited',
    pattern: /\b429\b|rate.?limit|too many (?:requests|restores)|code: (?:971|10429)\b/i,
    advice: 'Wait a few minutes; the work is tried again by itself.',
  },
  {
    type: 'BookmarkInvalid',
    pattern: /invalid bookmark|bookmark .{0,120}(?:retention|expired|not (?:be )?found|does not exist)/i,
    advice: words`Take another way back: ${command('rollback', '--strategy', 'restore-backup')} or ${command('rollback', '--strategy', 'reverse-migration')}.`,
  },
  {
    type: 'OutcomeUnknown',
    pattern:
      /\b50[234]\b|gateway time-?out|Bad Gateway|Service Unavailable|operation was aborted due to timeout|headers timeout|body timeout|D1_ERROR: .*(?:reset|overloaded|timed? ?out)|exceeded timeout|storage operation exceeded|code: 7429|malformed response|internal (?:server )?error/i,
    advice: 'What the command did is read back from the database before anything is tried again.',
  },
  {
    type: 'DatabaseNotFound',
    pattern:
      /Couldn't find (?:a )?D1 (?:DB|database)|database .{0,80}not (?:be )?found|code: 7404|could not be found.*7404/i,
    advice: 'Check database_name and database_id in the Wrangler file, and the account (`wrangler d1 list`).',
  },
  {
    type: 'DiskFull',
    pattern: /ENOSPC|no space left|SQLITE_FULL|disk is full|database or disk is full/i,
    advice: 'Free some disk space on this machine, then run the same command again.',
  },
  {
    type: 'DatabaseLocked',
    pattern: /SQLITE_BUSY|database is locked|SQLITE_LOCKED|database table is locked/i,
    advice: 'Another process holds the database; stop `wrangler dev` or the other migration, then try again.',
  },
  {
    type: 'MigrationsNotFound',
    pattern: /No migrations (?:folder|directory|present)/i,
    advice: 'Check migrations_dir of the database in the Wrangler file.',
  },
  {
    type: 'SqlRefused',
    pattern:
      /SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|AUTH|TOOBIG|RANGE|SCHEMA|NOTADB)|syntax error|incomplete input|no such (?:table|column|index|function|trigger|view|collation)|has no column named|already exists|duplicate column|constraint failed|datatype mismatch|not authorized to|statement too long|too many (?:columns|terms)|BEGIN TRANSACTION|SAVEPOINT|unrecognized token|unsupported use of|foreign key mismatch|ambiguous column/i,
    advice: SQL_ADVICE,
  },
  {
    type: 'Network',
    pattern:
      /fetch failed|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|UND_ERR|socket hang up|network|connection (?:was )?(?:closed|lost|reset)|terminated/i,
    advice: 'Check the connection to api.cloudflare.com; the work is tried again by itself.',
  },
  {
    type: 'ConfigInvalid',
    pattern:
      /No environment found|Unknown arguments?|Not enough non-option arguments|Processing .* configuration|Could not find .*config|Missing required|Invalid values/i,
    advice: words`Check the Wrangler file: ${command('doctor')} says what is wrong with it.`,
  },
]

const SQL_WORDS = RULES.filter(({ type }) => type === 'SqlRefused').map(({ pattern }) => pattern)

/** The text is SQLite's refusal of a statement. */
export function isSqlRefusal(text: string): boolean {
  return SQL_WORDS.some((pattern) => pattern.test(text))
}

export interface Classified {
  type: FailureType
  advice: Words
}

/**
 * The failure type of a command that did not do what it should. What no rule knows is `OutcomeUnknown`: it is
 * repeated only after the database was read.
 */
export function classify(end: CommandEnd): Classified {
  if (end.timedOut === true) return rule('OutcomeUnknown')
  // A command cut off by a signal says nothing about the statement that it had sent.
  if (end.exitCode === undefined) return rule('OutcomeUnknown')
  const text = `${end.stderr}\n${end.stdout}`
  const found = RULES.find(({ pattern }) => pattern.test(text))
  return found === undefined ? rule('OutcomeUnknown') : { type: found.type, advice: found.advice }
}

function rule(type: FailureType): Classified {
  const advice = RULES.find((entry) => entry.type === type)?.advice
  return { type, advice: advice ?? 'See the cause.' }
}

/** The line of Wrangler's output that says what went wrong, without colours and frames. */
export function errorLine(end: Pick<CommandEnd, 'stdout' | 'stderr'>): string {
  // With --json: what failed in the text, why in the notes.
  const texts = [...end.stdout.matchAll(/"text":\s*"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    unquote(text),
  )
  if (texts.length > 0) return texts.join(' ')
  const lines = plain(`${end.stderr}\n${end.stdout}`)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const marked = lines.findIndex((line) => /ERROR/.test(line))
  if (marked >= 0) {
    const from = (lines[marked] ?? '').replace(/^.*?ERROR\]?\s*/, '')
    const next = lines[marked + 1]
    const more =
      next !== undefined && !/^(?:🪵|If you think|Logs were|\W{0,3}$)/u.test(next) ? ` ${next}` : ''
    return `${from}${more}`.trim()
  }
  return lines.at(-1) ?? 'no output'
}

function unquote(text: string): string {
  try {
    return plain(String(JSON.parse(`"${text}"`)))
  } catch {
    return plain(text)
  }
}

const COLOURS = /\u001b\[[\d;]*m/g

function plain(text: string): string {
  return text.replace(COLOURS, '')
}
