import { OWN_NAME } from '../contract/names.js'
import { phrases } from '../text/phrases.js'
import { defined } from '../contract/defined.js'
import { isCancellation, patched } from '@temporalio/workflow'
import type { BackupRecord } from '../contract/backup.js'
import type { RollbackStrategy } from '../contract/policy.js'
import type { SavedState } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { emergencyMessage, noteMessage } from '../runbook/messages.js'
import { ledgerText, migrationState, touchedBy } from '../runbook/migration-state.js'
import type { RollbackOption } from '../contract/rollback.js'
import { afterFailure, closedWay, pricedReverse, type FailedWay } from '../runbook/rollback-options.js'
import { reverseFileLines } from '../text/pending-reverse.js'
import { mutate, once } from './activities.js'
import { appliedByThisRun } from './apply.js'
import { atArchive, whyNoArchive } from './archive-place.js'
import { now } from './clock.js'
import { confirmBreach, lookAfterRollback } from './confirm-breach.js'
import { failureOf, RunEnded } from './endings.js'
import {
  applyReverse,
  impossible,
  prepareForDecision,
  prepareReverse,
  type PreparedReverse,
} from './reverse.js'
import { permissionFor } from './permission.js'
import type { Run } from './run.js'
import { savePresentState, tellSafetyCopy } from './safety-copy.js'
import { readWhereItFailed } from './failed-way.js'
import { stoppedState } from '../runbook/stopped-state.js'
import { compareAfterRollback, markTakenBack, readLedger } from './taken-back.js'
import { offeredToTheEnd, tellWhereItStopped } from './stopped-rollback.js'
import { ChosenOtherwise, sameState, takeWayBack } from './way-back.js'
import { countedAgain } from './counted-again.js'
import { countedAt, reverseOfUnproven, uncounted, waysBack } from './ways.js'
import { at, command, words, type Words } from '../contract/next-command.js'

/** What went wrong, for the emergency alert and the incident report. */
export interface Incident {
  issue: string
  impact: string
  /** What is being done about it now. */
  action: Words
  /** What the run does where people keep the database as it is: it goes on looking at it, or ends. */
  kept: 'goes-on' | 'ends'
  /** Monitoring saw it: the only incident that a policy may answer without people. */
  breach?: boolean
  /** Why the run ends, and by whom, where people stopped it meanwhile. */
  stopped?: string
  /** The backup that was made of the database with the issue. */
  current?: BackupRecord
  /** Makes that backup once people have been told, for it may take long; undefined where it failed. */
  backUp?: () => Promise<BackupRecord | undefined>
}

/**
 * Both rollback scenarios: tells people with the contacts and the ways back, waits for their decision, takes the chosen
 * way and proves where it led. Returns when people chose to keep the database as it is.
 * @throws RunEnded with outcome `rolled-back`
 */
export async function considerRollback(run: Run, incident: Incident): Promise<void> {
  const unproven = reverseOfUnproven(run)
  const planned = waysBack(run, unproven, uncounted(run))
  run.alerted = true
  // Of what was not touched nothing can be taken back: a way that is offered would be refused.
  const touched = touchedBy(run.view.migrations).length > 0
  sendAlert(run, incident, touched ? planned : [])
  const seen = { ...incident }
  const backUp = async (): Promise<void> => {
    const current = await seen.backUp?.()
    if (current !== undefined) seen.current = current
  }
  if (!mayTakeBack(run)) return backUp()

  run.gates.offer(planned)
  run.gates.mayRollBack = true
  const known: Known = { reverse: unproven, ways: waysBack(run, unproven, 'not-counted') }
  await offeredToTheEnd(run, {
    work: async () => {
      await backUp()
      known.reverse ??= await prepareForDecision(run, seen.current)
      known.ways = waysBack(run, known.reverse, 'not-counted')
      const automatic =
        incident.breach === true &&
        run.request.policy.automaticRollback &&
        policyWayPossible(run, known.ways) &&
        (await confirmBreach(run)) &&
        // Whoever spoke meanwhile has decided.
        run.gates.of('rollback').decisions.length === 0
      await takeBackOrKeep(run, seen, { ...known, automatic })
    },
    afterStop: (stopped) => takeBackOrKeep(run, { ...seen, stopped }, { ...known, automatic: false }),
  })
}

/** What is known of the ways back. */
interface Known {
  /** As it was written before anybody was asked; undefined where people decided first. */
  reverse: PreparedReverse | undefined
  ways: RollbackOption[]
}

/** Until one way back has led somewhere, or people keep the database as it is. */
async function takeBackOrKeep(
  run: Run,
  incident: Incident,
  known: Known & { automatic: boolean },
): Promise<void> {
  let { automatic, ways, reverse } = known
  let { current } = incident
  const failed: FailedWay[] = []
  const before = appliedByThisRun(run)
  // A way that failed says so where it is offered again; what it costs stays what was counted.
  const offer = (): RollbackOption[] => {
    const offered = failed.reduce(afterFailure, ways)
    run.view.rollbackOptions = offered
    run.gates.offer(offered)
    return offered
  }
  for (;;) {
    const offered = offer()
    const strategy = automatic
      ? run.request.policy.automaticRollbackStrategy
      : await decideStrategy(run, keptAs(run, incident, before), { ways: offered, reverse })
    if (strategy === 'none') {
      if (automatic) await tellKept(run, incident, 'the policy says so (automaticRollbackStrategy: none)')
      demandStillApplied(run, { before, issue: incident.issue, failed })
      return
    }
    run.takingBackSince = now()
    ways = await countedAgain(run, strategy, { ways, reverse })
    if (ways !== known.ways) offer()
    try {
      const { took, price, ...kept } = await run.step(
        'rollback',
        () =>
          takeBack(run, strategy, {
            ...{ ...defined({ reverse, current }), ways },
            onReverse: (written) => {
              ways = waysBack(run, written, 'not-counted')
              offer()
            },
          }),
        (result) => result.took,
      )
      const { cost, countedAt, writtenSince } = ways.find((way) => way.strategy === strategy) ?? {}
      const numbers = defined({ cost, countedAt, writtenSince })
      run.view.rollback = { strategy, issue: incident.issue, price, ...numbers, ...kept }
      if (patched('read-after-rollback')) await run.uninterrupted(() => readLedger(run, 'the rollback'))
      if (patched('compared-after-rollback')) await run.uninterrupted(() => compareAfterRollback(run))
      if (patched('looked-after-rollback')) await run.uninterrupted(() => lookAfterRollback(run))
      throw new RunEnded({ outcome: 'rolled-back', message: `${incident.issue}; ${took}` })
    } catch (error) {
      if (isCancellation(error)) await run.uninterrupted(() => tellWhereItStopped(run))
      if (error instanceof RunEnded || isCancellation(error)) throw error
      automatic = false
      run.takingBackSince = undefined
      // Also where it failed before its first try: it stays open to people who keep the database for now.
      if (patched('open-after-a-failed-way')) run.gates.mayRollBack = true
      // What was chosen instead stands at the gate.
      if (error instanceof ChosenOtherwise) continue
      // One way back is closed: people choose another. Nothing is tried again without them.
      run.gates.void('rollback')
      const { message } = failureOf(error)
      failed.push({ strategy, error: message, at: now(), timeZone: run.request.timeZone })
      const noArchive = whyNoArchive(run, error)
      const changed = await readWhereItFailed(run, decisionsSoFar(run))
      if (changed !== undefined) {
        // A backup of before it holds what is no longer there.
        current = undefined
        reverse = changed.reverse
        ways = waysBack(run, reverse, 'not-counted')
      }
      if (noArchive !== undefined)
        ways = ways.map((way) => (way.strategy === 'restore-backup' ? closedWay(way, noArchive) : way))
      sendAlert(
        run,
        {
          ...{ ...incident, ...(changed === undefined ? {} : { impact: stoppedState(run.view).impact }) },
          ...{ issue: `${strategy} failed: ${message}`, action: 'choose another way back' },
        },
        offer(),
      )
    }
  }
}

/**
 * A run whose failed way back took its files away goes on with nothing: what it would look after is not there.
 * @throws RunEnded with outcome `failed`
 */
function demandStillApplied(
  run: Run,
  { before, issue, failed }: { before: readonly string[]; issue: string; failed: readonly FailedWay[] },
): void {
  const last = failed.at(-1)
  if (last === undefined || areApplied(run, before)) return
  const states = run.view.migrations.map((one) => `${one.name}: ${migrationState(one, run.view.migrations)}`)
  const why = `${last.strategy} failed: ${last.error}`
  throw new RunEnded({
    outcome: 'failed',
    message: `${issue}; ${why}; kept as it is: ${states.join(', ')}`,
    failure: {
      type: 'ApplyPartial',
      message: `${issue}; ${why}`,
      advice: words`look at the state: ${command('status')}`,
    },
  })
}

function areApplied(run: Run, names: readonly string[]): boolean {
  const applied = appliedByThisRun(run)
  return names.every((name) => applied.includes(name))
}

/** A run whose files a failed way took away ends also where it would have gone on. */
function keptAs(run: Run, incident: Incident, before: readonly string[]): Incident {
  return areApplied(run, before) ? incident : { ...incident, kept: 'ends' }
}

/** A way of the policy that is not there is not tried: people have the alert already, and are asked. */
export function policyWayPossible(run: Run, ways: RollbackOption[]): boolean {
  const { automaticRollbackStrategy: strategy } = run.request.policy
  const possible = strategy === 'none' || ways.some((way) => way.strategy === strategy && way.available)
  return possible || !patched('policy-way-is-possible')
}

/** Decided by what was read back; runs that began before this asked only where a file was applied. */
function mayTakeBack(run: Run): boolean {
  return patched('touched-opens-the-gate')
    ? touchedBy(run.view.migrations).length > 0
    : appliedByThisRun(run).length > 0
}

/** The way that people chose; `none` where they keep the database as it is, or nobody decided in time. */
async function decideStrategy(
  run: Run,
  incident: Incident,
  { ways, reverse }: { ways: RollbackOption[]; reverse: PreparedReverse | undefined },
): Promise<RollbackStrategy> {
  run.say('rollback', `waiting for the rollback decision: ${incident.issue}`)
  await run.ask('rollback', [
    incident.issue,
    ...(incident.stopped === undefined ? [] : [endsWithIt(incident.stopped)]),
    // People may take hours, and others go on writing.
    ...countedAt(run, ways).map((line) => `${line}: what was written since is in no price`),
    ...ways.map(wayLine),
    ...(incident.stopped === undefined ? [IF_KEPT[incident.kept]] : []),
    ...reverseLines(run, reverse),
  ])
  const { state, decisions } = run.gates.of('rollback')
  const chosen =
    decisions.findLast(({ decision }) => decision === 'approve')?.strategy ?? firstAvailable(ways)
  if (state === 'approved' && chosen !== 'none') return chosen
  const last = decisions.at(-1)
  const why =
    last === undefined
      ? 'nobody decided in time'
      : `${last.actor} decided${last.comment === undefined ? '' : `: ${last.comment}`}`
  const note = `Kept as it is after: ${incident.issue}`
  run.view.observations.push({ note, actor: last?.actor ?? 'nobody in time', at: now() })
  run.gates.void('rollback')
  await tellKept(run, incident, why)
  return 'none'
}

/** What becomes of the run, for who decides: one that ends looks at the database no more. */
const IF_KEPT: Record<Incident['kept'], string> = {
  'goes-on': 'Where it is kept as it is, the run goes on with the checkpoints that are left',
  ends: 'Where it is kept as it is, the run ends, and looks at the database no more',
}

function endsWithIt(stopped: string): string {
  return `${stopped}: the run ends with this decision, once it is carried out, and looks at the database no more`
}

/** Whoever had the alert hears how it ended. A run may keep several times: each has its own place in the history. */
async function tellKept(run: Run, { issue }: Incident, why: string): Promise<void> {
  run.keptBecause = why
  const place = run.view.announcements.length
  if (!patched(`kept-told-${place}`)) return
  // What this run did is long ago: people may have waited for hours, and others have been at the database.
  const reads = patched(`kept-read-${place}`)
  if (reads) await run.uninterrupted(() => readLedger(run, 'the decision'))
  const said = ledgerText(run.view) ?? 'the database could not be read'
  const details = [
    `Issue: ${issue}`,
    ...run.view.migrations.map((one) => `${one.name}: ${migrationState(one, run.view.migrations)}`),
    ...(reads ? [`Read back: ${said}`] : []),
  ]
  run.announcer.tell('note', noteMessage({ ...run.context, title: `Kept as it is: ${why}`, details }))
}

function sendAlert(run: Run, incident: Incident, ways: RollbackOption[]): void {
  const { contacts, updateEveryMs } = run.request
  // Where nobody is asked and nothing is looked at, the run ends with it: no update follows.
  const goesOn = ways.length > 0 || run.view.monitoring !== null
  const eta = goesOn ? { etaAt: Date.now() + updateEveryMs } : {}
  run.announcer.tell(
    'emergency',
    emergencyMessage({
      ...run.context,
      ...incident,
      ...eta,
      at: Date.now(),
      contacts,
      rollbackOptions: ways,
    }),
  )
}

/** What is true afterwards in a sentence, what it cost, and the bookmark that undoes it. */
interface TookBack {
  took: string
  price: string[]
  undo?: string
}

/** How often a way is tried before people are asked again. An import of a whole backup is no small thing to repeat. */
const TRIES = { 'reverse-migration': 20, 'time-travel': 20, 'restore-backup': 5 } as const

/** Takes one way back. */
async function takeBack(
  run: Run,
  strategy: Exclude<RollbackStrategy, 'none'>,
  known: {
    reverse?: PreparedReverse
    current?: BackupRecord
    ways: RollbackOption[]
    /** Hears of a reverse that was written after the decision. */
    onReverse: (written: PreparedReverse) => void
  },
): Promise<TookBack> {
  run.gates.mayRollBack = false
  run.wayBack = { began: false }
  // Runs that began before this left the tries to Temporal, where nobody sees them.
  const each = patched(`one-try-at-a-time-${decisionsSoFar(run)}`)
  const price = known.ways.find((way) => way.strategy === strategy)?.price ?? []
  switch (strategy) {
    case 'reverse-migration': {
      if (known.reverse === undefined)
        run.say(run.view.phase, 'the reverse migration is being written, and rehearsed on a copy')
      const reverse = known.reverse ?? (await prepareReverse(run, known.current))
      if (known.reverse === undefined) known.onReverse(reverse)
      const take = (act: typeof mutate): Promise<string> => applyReverse(run, reverse, act)
      // Its price counts what it drops; runs that began before this kept nothing of that.
      const saves = patched(`saved-before-reverse-${decisionsSoFar(run)}`)
      let saved: SavedState | undefined
      // An archive lacks what others write between two tries; the history behind a bookmark holds it.
      const unsaved = (): boolean =>
        saved === undefined ||
        (saved.bookmark === undefined && patched(`saved-before-each-try-${run.view.announcements.length}`))
      const took = each
        ? await takeWayBack(run, {
            ...{ strategy, limit: TRIES[strategy], provenByReading: true },
            prepare: async () => {
              if (saves && unsaved()) saved = await savePresentState(run, known.current, 'without-bookmark')
            },
            take: () => take(once),
          })
        : await take(mutate)
      return { took, price: pricedReverse(reverse, run.request.timeZone) }
    }
    case 'time-travel': {
      const undo = await travel(run, { each, current: known.current })
      return { took: 'the database is back at its bookmark of before the migration', price, undo }
    }
    case 'restore-backup':
      await restore(run, { each, current: known.current })
      return { took: 'the database holds the content of the verified backup again', price }
  }
}

/** Each decision has a place of its own in the history. */
function decisionsSoFar(run: Run): number {
  const { decisions, earlier = [] } = run.gates.of('rollback')
  return decisions.length + earlier.length
}

interface Trying {
  each: boolean
  current: BackupRecord | undefined
}

/** Returns the bookmark that undoes it. */
async function travel(run: Run, { each, current }: Trying): Promise<string> {
  const { target } = run.request
  const { backup, bookmark } = { backup: run.view.backup, bookmark: run.view.backup?.bookmark }
  if (backup === null || bookmark === undefined) throw impossible('there is no Time Travel bookmark')
  const input = { target, bookmark, expectedFingerprint: backup.schemaFingerprint }
  const summary = 'Time Travel'
  let departure: string | undefined
  const arrived = (seen: Status): boolean =>
    run.plan !== null &&
    sameState(seen, {
      applied: run.plan.ledger.map((name) => ({ name })),
      schemaFingerprint: backup.schemaFingerprint,
    })
  const undo = each
    ? await takeWayBack(run, {
        ...{ strategy: 'time-travel', limit: TRIES['time-travel'], provenByReading: true },
        prepare: async () => {
          departure ??= (await savePresentState(run, current)).bookmark
          if (departure === undefined) throw impossible('the bookmark of now cannot be read')
        },
        take: async () => {
          const answer = once.travelBack.executeWithOptions({ summary }, [
            { ...input, ...defined({ departure }), ...permissionFor(run, 'time-travel') },
          ])
          return (await run.audited(answer)).previousBookmark
        },
        // Travelling again would lose what was written since.
        done: (seen) => (arrived(seen) ? departure : undefined),
      })
    : (
        await run.audited(
          mutate.travelBack.executeWithOptions({ summary }, [
            { ...input, ...permissionFor(run, 'time-travel') },
          ]),
        )
      ).previousBookmark
  markTakenBack(run, { strategy: 'time-travel', bookmark })
  run.view.observations.push({
    note: `Time Travel can be undone with the bookmark ${undo}`,
    actor: OWN_NAME,
    at: now(),
  })
  return undo
}

async function restore(run: Run, { each, current }: Trying): Promise<void> {
  const { target } = run.request
  const { backup } = run.view
  if (backup === null) throw impossible('there is no backup')
  const take = (act: typeof mutate): ReturnType<typeof mutate.restoreFromBackup> =>
    run.audited(
      atArchive(run.request, backup, (where) =>
        act.restoreFromBackup.executeWithOptions({ summary: 'Restore the backup', ...where }, [
          { target, backup, runKey: run.runKey, ...permissionFor(run, 'restore-backup') },
        ]),
      ),
    )
  let saved = false
  const { safetyCopy } = each
    ? await takeWayBack(run, {
        ...{ strategy: 'restore-backup', limit: TRIES['restore-backup'] },
        prepare: async () => {
          if (target.database.remote && !saved) await savePresentState(run, current)
          saved = true
        },
        take: () => take(once),
        // A local file is exchanged whole. A remote import runs statement by statement: ledger and schema may be as they
        // were although rows are not.
        provenByReading: !target.database.remote,
      })
    : await take(mutate)
  if (each && safetyCopy !== undefined) tellSafetyCopy(run, { at: now(), file: safetyCopy })
  markTakenBack(run, { strategy: 'restore-backup', archive: backup.file })
}

function firstAvailable(ways: RollbackOption[]): RollbackStrategy {
  return ways.find(({ available }) => available)?.strategy ?? 'none'
}

function wayLine({ title, available, price, command }: RollbackOption): Words {
  return available
    ? words`${title}: ${phrases(price)}. ${command}`
    : `${title}: not possible, ${phrases(price)}`
}

/** Rehearsed on copies it is already; what staging adds is the application that runs on it. */
function reverseLines(run: Run, reverse: PreparedReverse | undefined): Words[] {
  const others = reverseFileLines(defined({ others: reverse?.others }))
  if (reverse?.file === undefined) return others
  const { stagingEnvironment } = run.request
  const staging =
    stagingEnvironment === undefined
      ? []
      : [
          words`To try it in ${stagingEnvironment} first, copy it into the migrations folder, then: ${at({ environment: stagingEnvironment }, command('start'))}`,
        ]
  const whose = reverse.ofFolder
    ? `The reverse migration is ${reverse.migration?.name ?? ''} of the migrations folder, proven to lead back to the schema of before; read it before you decide: ${reverse.file}`
    : `The reverse migration, to read before you decide: ${reverse.file}`
  return [whose, ...others, ...staging]
}
