import type { RunbookActivities } from '../contract/activities.js'
import { createBackup } from '../d1/backup.js'
import { readStatus } from '../d1/status.js'
import { readBookmark } from '../d1/time-travel.js'
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
import { defaultPlace, targetHere, type WorkerPlace } from './worker-place.js'

export interface ActivityOptions extends Partial<WorkerPlace> {
  /** Looks for a completed migration of the same bytes in staging, through Temporal's visibility. */
  stagingProof?: StagingProof
}

/** Every activity of the runbook, bound to the machine that the worker runs on. */
export function createActivities(options: ActivityOptions = {}): RunbookActivities {
  const place = defaultPlace(options)
  return {
    checkPrerequisites: (input) => asActivity(() => checkPrerequisites(place, input)),
    readStatus: ({ target, files }) =>
      asActivity(() => readStatus({ target: targetHere(place, target), files })),
    checkConnectivity: (input) => asActivity(() => checkConnectivity(place, input)),
    readBookmark: ({ target }) => asActivity(() => readBookmark(targetHere(place, target))),
    validateMigration: (input) => asActivity(() => validateMigration(place, input)),
    runCheckpoint: ({ target, ...rest }) =>
      asActivity((signal) =>
        runCheckpoint({ target: targetHere(place, target), ...rest }, { signal, env: place.env }),
      ),

    runChecklist: (input) => asActivity(() => runChecklist(place, options.stagingProof, input)),
    createBackup: ({ target, files, keep }) =>
      asActivity((signal, beat) =>
        createBackup({ target: targetHere(place, target), files, keep, signal, onProgress: beat }),
      ),
    rehearse: (input) => asActivity((signal) => rehearse(place, input, signal)),
    takeBaseline: ({ target, monitoring }) =>
      asActivity((signal, beat) =>
        takeBaseline(
          { target: targetHere(place, target), monitoring },
          { signal, env: place.env, heartbeat: beat },
        ),
      ),

    prepareReverse: (input) => asActivity((signal) => prepareReverse(place, input, signal)),
    applyMigration: (input) => asActivity((signal, beat) => applyMigration(place, input, signal, beat)),
    travelBack: (input) => asActivity((signal) => travelBack(place, input, signal)),
    restoreFromBackup: (input) => asActivity((signal) => restoreFromBackup(place, input, signal)),

    announce: (input) => asActivity(() => announce(place, input)),
    writeReport: (input) => asActivity(() => writeReport(place, input)),
    updateDocuments: (input) => asActivity(() => updateDocuments(input)),
    keepReverseMigration: (input) => asActivity(() => keepReverseMigration(place, input)),
    writeFailureFiles: (input) => asActivity(() => writeFailureFiles(place, input)),
  }
}
