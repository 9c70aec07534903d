import { condition, isCancellation, sleep } from '@temporalio/workflow'
import { command, words } from '../contract/next-command.js'
import type { RollbackStrategy } from '../contract/policy.js'
import type { RollbackTry } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { noteMessage } from '../runbook/messages.js'
import { formatDuration } from '../text/duration.js'
import { readOnce } from './activities.js'
import { now } from './clock.js'
import { failureOf, mayPass } from './endings.js'
import type { Run } from './run.js'

const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 60_000

/** People hear by message of the second failure, and of each that says something new of the database. */
const TOLD_AFTER = 2

/** People chose otherwise between two tries, while nothing had taken effect: the decision is at the gate. */
export class ChosenOtherwise extends Error {
  constructor() {
    super('another decision was taken between two tries')
    this.name = 'ChosenOtherwise'
  }
}

/** One way back, as it is tried. */
export interface WayBack<T> {
  strategy: Exclude<RollbackStrategy, 'none'>
  /** Tries in all, before people are asked again. */
  limit: number
  /** What must be done before the first try, and leaves the database as it is. Safe to run again. */
  prepare?: () => Promise<void>
  take: () => Promise<T>
  /** What it comes to where the answer was lost, and what was read back shows that it took effect; undefined where that is no proof. */
  done?: (seen: Status) => T | undefined
  /** Whether ledger and schema, read back as they were, prove that a try did nothing. */
  provenByReading: boolean
}

/**
 * Tries a way back until it is done. Each failure is kept and shown, and what it did is read back. While nothing has taken
 * effect, people may choose another way between two tries; what is unknown is not switched away from, it is read again.
 * @throws ChosenOtherwise; what cannot be helped by trying again, or the last failure
 */
export async function takeWayBack<T>(run: Run, way: WayBack<T>): Promise<T> {
  try {
    return await tryUntilDone(run, way)
  } catch (error) {
    // The database can still be taken back, also later and by people who first kept it as it is.
    run.gates.mayRollBack = true
    throw error
  }
}

async function tryUntilDone<T>(run: Run, way: WayBack<T>): Promise<T> {
  let before: Status | undefined
  let begun = false
  run.wayBack = { began: false }
  for (let number = 1; ; number += 1) {
    let failed: unknown
    try {
      before ??= await look(run, 'Before the way back')
      await way.prepare?.()
      run.say('rollback', `${way.strategy}: try ${number} is under way`)
      begun = true
      run.wayBack = { began: true, before, provenByReading: way.provenByReading }
      return await way.take()
    } catch (error) {
      if (isCancellation(error)) throw error
      if (!mayPass(error)) {
        if (begun) addTry(run, way, { number, failed: error, effect: 'unknown' })
        throw error
      }
      failed = error
    }
    const seen =
      begun && before !== undefined ? await readBack(run, way, before) : { effect: 'none' as const }
    if (seen.effect === 'done') return seen.result
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (number - 1))
    await keepTry(run, way, { number, failed, effect: seen.effect, pauseMs })
    if (number >= way.limit) throw failed
    if (seen.effect === 'unknown') await sleep(pauseMs, { summary: 'Next try of the way back' })
    else if (await chosenOtherwise(run, pauseMs)) throw new ChosenOtherwise()
  }
}

async function look(run: Run, summary: string): Promise<Status> {
  const { target, files } = run.request
  return run.audited(readOnce.readStatus.executeWithOptions({ summary }, [{ target, files }]))
}

async function readBack<T>(
  run: Run,
  way: WayBack<T>,
  before: Status,
): Promise<{ effect: RollbackTry['effect'] } | { effect: 'done'; result: T }> {
  let seen: Status
  try {
    seen = await look(run, 'What did the try do?')
  } catch (error) {
    if (isCancellation(error)) throw error
    return { effect: 'unknown' }
  }
  const result = way.done?.(seen)
  if (result !== undefined) return { effect: 'done', result }
  return { effect: way.provenByReading && sameState(seen, before) ? 'none' : 'unknown' }
}

interface StateRead {
  applied: { name: string }[]
  schemaFingerprint: string
}

/** Ledger and schema. A way back that changes neither row nor schema does nothing that could be told from nothing. */
export function sameState(one: StateRead, other: StateRead): boolean {
  const names = ({ applied }: StateRead): string => JSON.stringify(applied.map(({ name }) => name))
  return one.schemaFingerprint === other.schemaFingerprint && names(one) === names(other)
}

function addTry(
  run: Run,
  { strategy }: Pick<WayBack<unknown>, 'strategy'>,
  { number, failed, effect }: { number: number; failed: unknown; effect: RollbackTry['effect'] },
): void {
  const error = failureOf(failed).message
  run.view.rollbackTries = [...(run.view.rollbackTries ?? []), { strategy, number, at: now(), error, effect }]
}

async function keepTry<T>(
  run: Run,
  { strategy, limit }: WayBack<T>,
  {
    number,
    failed,
    effect,
    pauseMs,
  }: { number: number; failed: unknown; effect: RollbackTry['effect']; pauseMs: number },
): Promise<void> {
  const earlier = run.view.rollbackTries ?? []
  const error = failureOf(failed).message
  addTry(run, { strategy }, { number, failed, effect })
  if (number >= limit) return
  const did =
    effect === 'none'
      ? 'nothing has taken effect, another way may be chosen'
      : 'what it did is not known yet, so no other way may be chosen'
  run.say(
    'rollback',
    `${strategy}: try ${number} of ${limit} failed: ${error}; ${did}; next try in ${formatDuration(pauseMs)}`,
  )
  const news = number === TOLD_AFTER || (number > TOLD_AFTER && earlier.at(-1)?.effect !== effect)
  if (!news) return
  const details = [
    `Last error: ${error}`,
    effect === 'none'
      ? words`Nothing has taken effect. Another way: ${command('rollback', '--strategy', 'STRATEGY')}`
      : 'What the tries did is not known: the database could not be read, or is not as it was. No other way may be chosen until it is read',
    `It is tried up to ${limit} times`,
  ]
  const title = `The rollback by ${strategy} meets errors: ${number} tries failed`
  run.announcer.tell('emergency', noteMessage({ ...run.context, icon: '🚨', title, details }))
}

/** Waits for the next try. Whoever decides meanwhile is heard: what they chose is at the gate. */
async function chosenOtherwise(run: Run, pauseMs: number): Promise<boolean> {
  const settled = (): boolean => ['approved', 'rejected'].includes(run.gates.of('rollback').state)
  // One of two approvals that are needed stays: the next person may come during the next try.
  if (run.gates.of('rollback').state !== 'open') run.gates.void('rollback')
  run.gates.mayRollBack = true
  try {
    return await condition(settled, pauseMs, { summary: 'Next try of the way back' })
  } finally {
    run.gates.mayRollBack = false
  }
}
