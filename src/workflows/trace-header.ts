import type { Payload } from '@temporalio/common'
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow'

/** Where Temporal's OpenTelemetry interceptors have the trace and the span that something belongs to. */
const HEADER = '_tracer-data'
/** One says two numbers of 32 and 16 digits; it is copied to each activity. Bytes. */
const LONGEST = 512

/**
 * Hands the trace that a run was started in on to its activities and to its monitoring. It only copies: a run that began in none, or was
 * recorded before there was this, goes the same way to the same microtask. Spans are made where the work is done, outside of the sandbox.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let carried: Record<string, Payload> = {}
  return {
    inbound: [
      {
        execute(input, next) {
          const given = input.headers[HEADER]
          if (given !== undefined && sizeOf(given) <= LONGEST) carried = { [HEADER]: given }
          return next(input)
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...carried } }),
        startChildWorkflowExecution: (input, next) =>
          next({ ...input, headers: { ...input.headers, ...carried } }),
        continueAsNew: (input, next) => next({ ...input, headers: { ...input.headers, ...carried } }),
      },
    ],
  }
}

/** Anybody with the namespace writes one. */
function sizeOf({ data, metadata }: Payload): number {
  const more = Object.entries(metadata ?? {}).map(([name, value]) => name.length + value.length)
  return more.reduce((sum, one) => sum + one, data?.length ?? 0)
}
