import type { RunbookActivities } from '../contract/activities.js'
import type { Target } from '../contract/target.js'
import { createBackup } from '../d1/backup/backup.js'
import { readBookmark } from '../d1/apply/time-travel.js'
import { readStatus } from '../analysis/status.js'
import { announce } from './announce.js'
import { applyMigration } from './apply.js'
import { asActivity } from './as-activity.js'
import { takeBaseline } from './baseline.js'
import { runChecklist, type StagingProof } from './checklist.js'
import { runCheckpoint } from './checkpoint.js'
import { checkConnectivity } from './connectivity.js'
import { keepReverseMigration, updateDocuments } from './documents.js'
import { checkPrerequisites } from './prerequisites.js'
import { writeFailureFiles, writeReport } from './record.js'
import { rehearse } from './rehearse.js'
import { prepareReverse, restoreFromBackup, travelBack } from './roll-back.js'
import { validateMigration } from './validate.js'
import { defaultHome, contextFor, type ActivityContext, type WorkerHome } from './worker-place.js'

export interface ActivityOptions extends Partial<WorkerHome> {
  /** Looks for a completed migration of the same bytes in staging, through Temporal's visibility. */
  stagingProof?: StagingProof
}

/** Every activity of the runbook, bound to the machine that the worker runs on. */
export function createActivities(options: ActivityOptions = {}): RunbookActivities {
  const place = defaultHome(options)
  const named = { env: place.env, variables: place.variables }
  const at = ({ target }: { target: Target }): ActivityContext => contextFor(place, target)
  return {
    checkPrerequisites: (input) => asActivity(() => checkPrerequisites(at(input), input)),
    readStatus: (input) => asActivity(() => readStatus({ ...input, target: at(input).target })),
    readBookmark: (input) => asActivity(() => readBookmark(at(input).target)),
    checkConnectivity: (input) => asActivity(() => checkConnectivity(at(input))),
    validateMigration: (input) => asActivity(() => validateMigration(at(input), input)),
    runCheckpoint: (input) =>
      asActivity((signal) => runCheckpoint({ ...input, target: at(input).target }, { signal, ...named })),

    runChecklist: (input) =>
      asActivity((signal) => runChecklist(at(input), options.stagingProof, input, signal)),
    createBackup: (input) =>
      asActivity((signal, beat) =>
        createBackup({ ...input, target: at(input).target, signal, onProgress: beat }),
      ),
    rehearse: (input) =>
      asActivity((signal, beat) => rehearse(at(input), input, { signal, onProgress: beat })),
    takeBaseline: (input) =>
      asActivity((signal, beat) =>
        takeBaseline({ ...input, target: at(input).target }, { signal, ...named, heartbeat: beat }),
      ),

    prepareReverse: (input) =>
      asActivity((signal, beat) => prepareReverse(at(input), input, { signal, onProgress: beat })),
    applyMigration: (input) => asActivity((signal, beat) => applyMigration(at(input), input, signal, beat)),
    travelBack: (input) =>
      asActivity((signal, beat, before) => travelBack(at(input), input, { signal, beat, before })),
    restoreFromBackup: (input) => asActivity((signal) => restoreFromBackup(at(input), input, signal)),

    announce: (input) => asActivity(() => announce(at(input), input)),
    writeReport: (input) => asActivity(() => writeReport(at(input), input)),
    updateDocuments: (input) => asActivity(() => updateDocuments(input)),
    keepReverseMigration: (input) => asActivity(() => keepReverseMigration(at(input), input)),
    writeFailureFiles: (input) => asActivity(() => writeFailureFiles(at(input), input)),
  }
}
