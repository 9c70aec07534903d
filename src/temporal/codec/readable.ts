import {
  defaultPayloadConverter,
  type Payload,
  type PayloadCodec,
  type SerializationContext,
} from '@temporalio/common'
import { NULL } from './encryption.js'

/**
 * Of a worker: a signal or an update may hold anything, and what the SDK cannot convert (broken JSON, an encoding that nobody
 * knows) fails the workflow's task, again and again, so that one message holds a run up for good and no abort reaches it. The
 * workflow gets null instead, which its handlers refuse. What activities answered is ours, and is not touched.
 */
export class ReadableCodec implements PayloadCodec {
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads
  }

  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return context?.type === 'workflow' ? payloads.map(readable) : payloads
  }
}

function readable(payload: Payload): Payload {
  try {
    defaultPayloadConverter.fromPayload(payload)
    return payload
  } catch {
    return NULL
  }
}
