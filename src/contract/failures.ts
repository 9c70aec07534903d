import { plain } from './command-line.js'
import type { Words } from './next-command.js'

/**
 * The one table of failure types. A failure says what happened, why, and the next command; its type decides whether
 * repeating the work may help and with which code the command line ends. Workflow code imports this file: no Node module.
 */
export const FAILURES = {
  /** Bad flags, config or environment: the person must change something first. */
  ConfigInvalid: { retryable: false, exitCode: 2 },
  ProjectNotFound: { retryable: false, exitCode: 2 },
  EnvironmentUnknown: { retryable: false, exitCode: 2 },
  MigrationsNotFound: { retryable: false, exitCode: 2 },
  ToolMissing: { retryable: false, exitCode: 2 },
  ToolTooOld: { retryable: false, exitCode: 2 },
  NotAuthenticated: { retryable: false, exitCode: 2 },
  NotPermitted: { retryable: false, exitCode: 2 },
  DatabaseNotFound: { retryable: false, exitCode: 2 },
  /** The database that answered is not the one that was asked for. */
  WrongTarget: { retryable: false, exitCode: 2 },
  /** The worker's charter does not serve what was asked, or what was asked is not what was permitted. */
  NotAdmitted: { retryable: false, exitCode: 2 },
  TemporalUnreachable: { retryable: true, exitCode: 2 },
  /** A freeze of the worker's charter holds: nothing is begun, and the run expires as at the end of a window. */
  Frozen: { retryable: false, exitCode: 3 },
  /** Nobody polls the task queue. */
  WorkerMissing: { retryable: true, exitCode: 2 },
  /** Somebody polls the task queue, and does not answer. */
  WorkerSilent: { retryable: true, exitCode: 2 },
  /** Somebody polls the task queue, and fails at the run; nothing shows that its code is another. */
  WorkerFails: { retryable: true, exitCode: 2 },
  /** Somebody polls the task queue, and its code does not fit the run's history. */
  WorkerCannotReplay: { retryable: true, exitCode: 2 },
  /** What Temporal keeps is encrypted, and the key is not here. */
  KeyMissing: { retryable: false, exitCode: 2 },
  /** Somebody polls the task queue, and has not the key that the run is encrypted with. */
  WorkerKeyMissing: { retryable: true, exitCode: 2 },
  AlreadyRunning: { retryable: false, exitCode: 2 },
  RunNotFound: { retryable: false, exitCode: 2 },
  /** Somebody left a question of `start` unanswered: nothing was started. */
  Declined: { retryable: false, exitCode: 3 },
  /** D1 refused the SQL: it will refuse it again. */
  SqlRefused: { retryable: false, exitCode: 1 },
  /** A limit of D1 or of the account's plan: the same again meets it again. */
  LimitReached: { retryable: false, exitCode: 1 },
  BackupInvalid: { retryable: false, exitCode: 1 },
  /** It lies on the disk of a worker, and no worker with this disk took the work. */
  ArchiveAway: { retryable: false, exitCode: 1 },
  /** It is encrypted, and no identity was given that opens it. */
  ArchiveSealed: { retryable: false, exitCode: 2 },
  BackupUnfaithful: { retryable: false, exitCode: 1 },
  /** Time Travel does not know the bookmark, or it is older than D1 keeps them. */
  BookmarkInvalid: { retryable: false, exitCode: 1 },
  ValidationFailed: { retryable: false, exitCode: 1 },
  ChecksFailed: { retryable: false, exitCode: 1 },
  PlanBlocked: { retryable: false, exitCode: 1 },
  /** A file was neither fully applied nor absent, or the database moved under us. */
  ApplyPartial: { retryable: false, exitCode: 1 },
  Drifted: { retryable: false, exitCode: 1 },
  DiskFull: { retryable: true, exitCode: 1 },
  DatabaseLocked: { retryable: true, exitCode: 1 },
  RateLimited: { retryable: true, exitCode: 1 },
  Network: { retryable: true, exitCode: 1 },
  /** The answer never came: what it did is unknown until it is read back. */
  OutcomeUnknown: { retryable: true, exitCode: 1 },
  /** The gate refused the decision: unknown, not open, wrong plan, wrong person. */
  DecisionRefused: { retryable: false, exitCode: 2 },
} as const satisfies Record<string, { retryable: boolean; exitCode: 1 | 2 | 3 }>

export type FailureType = keyof typeof FAILURES

export const NON_RETRYABLE_FAILURES = (Object.keys(FAILURES) as FailureType[]).filter(
  (type) => !FAILURES[type].retryable,
)

export function isFailureType(value: unknown): value is FailureType {
  return typeof value === 'string' && Object.hasOwn(FAILURES, value)
}

/**
 * An error that a person can act on. Everything else that is thrown is a bug and is shown as one.
 * `advice` names the next command to type.
 */
export class RunbookError extends Error {
  readonly type: FailureType
  /** The advice with its commands as values, for who shows it. */
  readonly adviceWords: Words
  readonly details: Record<string, unknown> | undefined

  constructor(
    type: FailureType,
    message: string,
    options: { advice: Words; cause?: unknown; details?: Record<string, unknown> },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RunbookError'
    this.type = type
    this.adviceWords = options.advice
    this.details = options.details
  }

  /** The advice as one text, its commands as a POSIX shell reads them. */
  get advice(): string {
    return plain(this.adviceWords)
  }

  get retryable(): boolean {
    return FAILURES[this.type].retryable
  }
}

/** What an error says; whatever else was thrown, as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
