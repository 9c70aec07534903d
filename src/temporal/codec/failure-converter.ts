import { DefaultFailureConverter } from '@temporalio/common'

/**
 * Puts messages and stack traces of failures into a payload, which the codec encrypts; as they come they stand readable in the
 * history. By path for the SDK: it is part of the workflow code that a worker with keys runs, and loads nothing of the codec.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
