import { activityInfo } from '@temporalio/activity'
import type { ActivityInput } from '../contract/activity-inputs.js'
import type { RunbookActivities } from '../contract/activities.js'
import { createBackup } from '../d1/backup/backup.js'
import { readBookmark } from '../d1/apply/time-travel.js'
import { readStatus } from '../analysis/status.js'
import { admitRequest, alsoOpen } from '../runbook/charter/admission.js'
import { whyNotUnpacked } from '../d1/migrations/bundle.js'
import type { Target } from '../contract/target.js'
import type { Served, Service } from '../runbook/charter/service.js'
import { admitInput, admitOwnInput, refusal, type TargetActivity } from './admitted-input.js'
import { proveAdoption, recordAdoption } from './adopt.js'
import { announce } from './announce.js'
import { withArchivesHere } from './archives-here.js'
import { applyMigration } from './apply.js'
import { elsewhere, onItsDisk } from './disks.js'
import { checkArchive } from './plan-archive.js'
import { asActivity, type Beat } from './as-activity.js'
import { takeBaseline } from './baseline.js'
import { runChecklist, type StagingProof } from './checklist.js'
import { runCheckpoint } from './checkpoint.js'
import { checkConnectivity } from './connectivity.js'
import { keepReverseMigration, updateDocuments } from './documents.js'
import { permitAdoption, permitMigration, permitRestore, permitTravel } from './permission.js'
import { findLostRun } from './lost-run.js'
import { keepNeeds } from './needs.js'
import { checkPrerequisites } from './prerequisites.js'
import { writeFailureFiles, writeReport } from './record.js'
import { rehearse } from './rehearse.js'
import { countWrittenSince, writtenSince } from './written-since.js'
import { prepareReverse, restoreFromBackup, reverseOfPlan, travelBack } from './roll-back.js'
import { seal } from './seal.js'
import { validateMigration } from './validate.js'
import { artifactStore, defaultHome, type ActivityContext, type WorkerHome } from './worker-place.js'

export interface ActivityOptions extends Partial<Omit<WorkerHome, 'variables'>> {
  /** What this worker serves: nothing else is done, whatever a request or an activity's input says. */
  service: Service
  /** Looks for a completed migration of the same bytes in staging, through Temporal's visibility. */
  stagingProof?: StagingProof
  /** Looks for an open run of the same local database, begun before this one under its other workflow ID. */
  otherRun?: OtherRun
}

export type OtherRun = (workflowId: string, target: Target) => Promise<string | undefined>

interface Act {
  signal: AbortSignal
  beat: Beat
  before: unknown
  charterHash: string
  charter: Served['environment']
}

/** Every activity of the runbook, bound to the machine that the worker runs on and to what it serves. */
export function createActivities({
  service,
  stagingProof,
  otherRun,
  ...home
}: ActivityOptions): RunbookActivities {
  const place = defaultHome(home)
  const bound =
    <Name extends TargetActivity, Answer>(
      name: Name,
      work: (here: ActivityContext, input: ActivityInput<Name>, act: Act) => Promise<Answer>,
      permit?: (
        here: ActivityContext,
        input: ActivityInput<Name>,
        charter: Served,
        signal: AbortSignal,
      ) => Promise<void>,
    ) =>
    (value: ActivityInput<Name>): Promise<Answer> =>
      asActivity(async (signal, beat, before) => {
        const { here, input, served } = admitInput(name, value, { service, place })
        const local = await withArchivesHere(input, here, signal)
        await permit?.(here, local, served, signal)
        const { charterHash, environment: charter } = served
        return work(here, local, { signal, beat, before, charterHash, charter })
      })
  return {
    admit: (value) =>
      asActivity(async () => {
        const { request, bundle } = admitOwnInput('admit', value)
        const workflowId = activityInfo().workflowExecution?.workflowId
        const admitted = admitRequest(service, request, workflowId)
        const unusable = bundle === undefined ? undefined : await whyNotUnpacked(bundle)
        if (unusable !== undefined)
          throw refusal(`The migration files of this request cannot be used: ${unusable}`)
        const { target } = admitted.effective
        const other = await otherRun?.(workflowId ?? '', target)
        if (other !== undefined) throw alsoOpen(target, other)
        return admitted
      }),
    checkPrerequisites: bound('checkPrerequisites', checkPrerequisites),
    readStatus: bound('readStatus', ({ target }, input) => readStatus({ ...input, target })),
    readBookmark: bound('readBookmark', ({ target }) => readBookmark(target)),
    checkConnectivity: bound('checkConnectivity', checkConnectivity),
    validateMigration: bound('validateMigration', validateMigration),
    runCheckpoint: bound('runCheckpoint', (here, input, { signal }) => {
      const { target, env, variables, store } = here
      return runCheckpoint(
        { ...input, target },
        { signal, env, variables, store, archivesElsewhere: elsewhere(here, input) },
      )
    }),

    runChecklist: bound('runChecklist', (here, input, { signal }) =>
      runChecklist(here, stagingProof, input, signal),
    ),
    createBackup: bound('createBackup', async (here, input, { signal, beat }) => {
      const { target, store } = here
      const backup = await createBackup({ ...input, target, store, signal, onProgress: beat })
      await artifactStore(here).prune()
      return onItsDisk(backup, { place, target })
    }),
    keepNeeds: bound('keepNeeds', keepNeeds),
    checkArchive: bound('checkArchive', checkArchive),
    sealArchives: bound('sealArchives', seal),
    rehearse: bound('rehearse', (here, input, { signal, beat, charterHash }) =>
      rehearse(here, input, { signal, onProgress: beat, charterHash }),
    ),
    takeBaseline: bound('takeBaseline', ({ target, env, variables }, input, { signal, beat }) =>
      takeBaseline({ ...input, target }, { signal, env, variables, heartbeat: beat }),
    ),

    proveAdoption: bound('proveAdoption', proveAdoption),
    findLostRun: bound('findLostRun', async (here, input, { signal, beat, charterHash }) => {
      const found = await findLostRun(here, input, { signal, onProgress: beat, charterHash })
      return { ...found, backup: await onItsDisk(found.backup, { place, target: here.target }) }
    }),
    recordAdoption: bound('recordAdoption', recordAdoption, permitAdoption),
    reverseOfPlan: bound('reverseOfPlan', (here, input, { signal }) => reverseOfPlan(here, input, signal)),
    prepareReverse: bound('prepareReverse', (here, input, { signal, beat }) =>
      prepareReverse(here, input, { signal, onProgress: beat }),
    ),
    countWrittenSince: bound('countWrittenSince', (here, input, { signal }) =>
      countWrittenSince(here, input, signal),
    ),
    compareAfterRollback: bound('compareAfterRollback', async (here, { backup }, { signal }) => ({
      compared: await writtenSince(here, backup, { files: [], signal }),
    })),
    applyMigration: bound('applyMigration', applyMigration, permitMigration),
    travelBack: bound('travelBack', travelBack, permitTravel),
    restoreFromBackup: bound(
      'restoreFromBackup',
      (here, input, { signal }) => restoreFromBackup(here, input, signal),
      permitRestore,
    ),

    announce: bound('announce', announce),
    writeReport: bound('writeReport', writeReport),
    updateDocuments: bound('updateDocuments', (_here, input) => updateDocuments(input)),
    keepReverseMigration: bound('keepReverseMigration', keepReverseMigration),
    writeFailureFiles: bound('writeFailureFiles', writeFailureFiles),
  }
}
