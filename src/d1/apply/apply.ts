import { defined } from '../../contract/defined.js'
import { readSnapshot } from '../read/open-reader.js'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../../contract/failures.js'
import type { MigrationResult } from '../../contract/run.js'
import type { MigrationFile, Target } from '../../contract/target.js'
import { readIdentity } from '../read/identity.js'
import { takeLease, type Lease } from './lease.js'
import { judgeState, type Expectation, type ProvenState } from './proof.js'
import { needsPattern, openStage } from '../wrangler/stage.js'
import {
  classify,
  demandPatterns,
  errorLine,
  findWrangler,
  runWrangler,
  type WranglerResult,
} from '../wrangler/wrangler.js'
import { command, words } from '../../contract/next-command.js'
import { bookmarkAtHand } from './time-travel.js'
import { wayByImport } from './way-by-import.js'

export interface ApplyRequest {
  target: Target
  file: MigrationFile
  /** Names in the ledger before this file, in its order. */
  ledgerBefore: string[]
  fingerprintBefore: string
  fingerprintAfter: string
  /** Asked last, of a file that is proven absent: what it throws ends the apply before anything is begun. */
  mayBegin?: () => void
  /** Folder of this worker for staged files and leases. */
  stageRoot: string
  signal?: AbortSignal
  onHeartbeat?: (detail: { file: string; elapsedMs: number }) => void
  /** Longest time that Wrangler may take. Milliseconds. */
  timeoutMs?: number
}

const HEARTBEAT_MS = 2000
/** After an unknown outcome: D1 ends a query after 30 s; a read queues behind it, a request still under way does not. */
const SETTLE_MS = 2000

/**
 * Applies one file with `wrangler d1 migrations apply` and proves the outcome from ledger and schema fingerprint; exit code
 * and output only explain it. Safe to run again at any point: a file already applied as rehearsed is recorded, not run.
 * A file cannot run twice even if a lost request arrives late: its SQL and its ledger row are one transaction, and names
 * are unique in the ledger.
 *
 * Throws `ApplyPartial` and `Drifted` (stop), the classified failure with `details.state: 'absent'` when the database is as
 * before, `OutcomeUnknown` (retryable) when the cause may pass, `WrongTarget`, `DatabaseLocked`, `ToolTooOld`; the signal's reason when
 * cancelled, after the state was proven.
 */
export async function applyMigration(request: ApplyRequest): Promise<MigrationResult> {
  const { target, file, stageRoot, signal } = request
  signal?.throwIfAborted()
  demandBytes(file)
  const lease = await takeLease(target, stageRoot)
  try {
    if (target.database.remote) await readIdentity(target)
    const before = await proveState(request)
    // By an earlier try: how long that took, nobody saw.
    if (before.state === 'applied') return applied(file, null)
    if (before.state !== 'absent') throw before.failure
    if (needsPattern(file.name)) demandPatterns(await findWrangler(target.projectDir))
    const bookmark = await bookmarkAtHand(target)
    request.mayBegin?.()
    const end = await runApply(request, lease)
    return await settle(request, end, bookmark)
  } finally {
    lease.release()
  }
}

function demandBytes(file: MigrationFile): void {
  if (createHash('sha256').update(file.sql, 'utf8').digest('hex') === file.sha256) return
  throw new RunbookError('Drifted', `${file.name} has other bytes than the plan was approved for.`, {
    advice: words`Make a new plan: ${command('start')}.`,
  })
}

async function runApply(request: ApplyRequest, lease: Lease): Promise<WranglerResult> {
  const { target, file, stageRoot, signal, onHeartbeat, timeoutMs } = request
  const stage = await openStage(target, [file], stageRoot)
  const startedAt = performance.now()
  const beat = (): void => onHeartbeat?.({ file: file.name, elapsedMs: performance.now() - startedAt })
  const timer = setInterval(beat, HEARTBEAT_MS)
  beat()
  try {
    return await runWrangler({
      target,
      args: ['d1', 'migrations', 'apply', target.database.name],
      config: stage.config,
      onGroup: (leader) => lease.remember(leader),
      ...defined({ signal, timeoutMs }),
    })
  } finally {
    clearInterval(timer)
    await stage.remove()
  }
}

/** What the command did, read from the database after its last process is gone. */
async function settle(
  request: ApplyRequest,
  end: WranglerResult,
  bookmark: string | undefined,
): Promise<MigrationResult> {
  const { target, file, signal } = request
  let after = await proveState(request)
  if (after.state === 'absent' && (end.exitCode === 0 || classify(end).type === 'OutcomeUnknown')) {
    await sleep(SETTLE_MS)
    after = await proveState(request)
  }
  if (after.state === 'applied') return applied(file, end.durationMs)
  // It was as before a moment ago: what a refused file may have left is no work of others.
  const refused = classify(end).type === 'SqlRefused'
  if (after.state === 'drifted' && refused) throw leftBehind(request, end)
  if (after.state !== 'absent') throw after.failure
  signal?.throwIfAborted()
  throw absentFailure(request, end, refused ? writtenText(bookmark, await bookmarkAtHand(target)) : '')
}

function leftBehind({ target, file }: ApplyRequest, end: WranglerResult): RunbookError {
  return new RunbookError(
    'ApplyPartial',
    `${file.name} was refused by ${target.database.name} (${errorLine(end).replace(/\.$/, '')}), and ledger and schema are not as before it: a part of it stayed, or others changed them meanwhile.`,
    {
      advice: words`Nothing more is applied. See the ways back: ${command('show')}.`,
      details: { state: 'partial', migration: file.name },
    },
  )
}

function applied({ name, sha256 }: MigrationFile, tookMs: number | null): MigrationResult {
  return { name, sha256, state: 'applied', durationMs: tookMs === null ? null : Math.round(tookMs) }
}

/** Ledger and schema do not show whether rows of a refused file stayed: D1's bookmark moves with every write. */
function writtenText(before: string | undefined, after: string | undefined): string {
  if (before === undefined || after === undefined) return ''
  return before === after
    ? ' None of it stayed: nothing was written to the database meanwhile.'
    : ' Ledger and schema are as before it; rows were written meanwhile, and whether by others or by a part of the file was not looked at.'
}

/** `seen`: what else was read back. */
function absentFailure({ target, file }: ApplyRequest, end: WranglerResult, seen: string): RunbookError {
  const details = { state: 'absent', migration: file.name }
  if (end.exitCode === 0 && !end.timedOut) {
    return new RunbookError(
      'OutcomeUnknown',
      `Wrangler reported success for ${file.name}, but ${target.database.name} (${target.database.id}) does not show it.`,
      { advice: 'It is tried again; should it go on, check which database Wrangler talks to.', details },
    )
  }
  const { type, advice, meaning, cutApart, retryAfterMs } = classify(end)
  const why = end.timedOut ? 'no answer in time' : errorLine(end)
  return new RunbookError(
    type,
    `${file.name} was not applied to ${target.database.name}: ${why.replace(/\.?$/, '.')} ${meaning}${seen}`,
    {
      advice: cutApart ? wayByImport(target, file.name) : advice,
      details: { ...details, ...defined({ retryAfterMs }) },
    },
  )
}

/** A schema cached by D1 was once seen just after a restore: what fits nothing is read a second time. */
async function proveState(request: ApplyRequest): Promise<ProvenState> {
  const first = await readState(request)
  if (first.state === 'absent' || first.state === 'applied') return first
  await sleep(1000)
  return readState(request)
}

async function readState({ target, file, ...expected }: ApplyRequest): Promise<ProvenState> {
  const { ledger, schemaFingerprint } = await readSnapshot(target)
  const expectation: Expectation = { ...expected, file: file.name, database: target.database.name }
  return judgeState(expectation, { ledger: ledger.map(({ name }) => name), schemaFingerprint })
}
