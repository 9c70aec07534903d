import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import type {
  AdmitActivities,
  MutateActivities,
  ReadActivities,
  RollbackActivities,
  SlowActivities,
  TellActivities,
} from '../contract/activities.js'
import { NON_RETRYABLE_FAILURES } from '../contract/failures.js'

/**
 * The classes of activities, chosen by what repeating them costs. What is in the table of failures as not
 * retryable is never repeated; everything unknown is.
 */
const nonRetryableErrorTypes = NON_RETRYABLE_FAILURES

/** Cheap and harmless: try quickly, a few times. */
export const read = proxyActivities<ReadActivities & AdmitActivities>({
  startToCloseTimeout: '1 minute',
  retry: {
    initialInterval: '1 second',
    maximumInterval: '10 seconds',
    maximumAttempts: 5,
    nonRetryableErrorTypes,
  },
})

/** Long work that starts again from nothing: a heartbeat tells soon when its worker is gone. */
export const slow = proxyActivities<SlowActivities & RollbackActivities>({
  startToCloseTimeout: '60 minutes',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '5 seconds', maximumAttempts: 3, nonRetryableErrorTypes },
})

/** Changes the database: each attempt first proves what the last one did. Its end is always awaited. */
export const mutate = proxyActivities<MutateActivities>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '15 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '2 seconds',
    maximumInterval: '1 minute',
    maximumAttempts: 20,
    nonRetryableErrorTypes,
  },
})

/**
 * A way back, one try at a time: the workflow repeats it (`way-back.ts`), so that each failure is told and people may choose
 * another way in between.
 */
export const once = proxyActivities<MutateActivities>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '15 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumAttempts: 1 },
})

/** What must be known before and after such a try. */
export const readOnce = proxyActivities<ReadActivities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
})

/** Tells people: patient, and its failure never fails the run. */
export const tell = proxyActivities<Pick<TellActivities, 'announce'>>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '6 hours',
  retry: { initialInterval: '2 seconds', maximumInterval: '5 minutes' },
})

/** Writes down: waits for a worker as long as it takes, but a disk that refuses five times holds up nobody. */
export const record = proxyActivities<Omit<TellActivities, 'announce'>>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '2 seconds', maximumAttempts: 5, nonRetryableErrorTypes },
})
