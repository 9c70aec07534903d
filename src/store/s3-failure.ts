import { messageOf, RunbookError } from '../contract/failures.js'

/** What Amazon's client throws, as far as it is looked at: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
interface Answer {
  name?: string
  $metadata?: { httpStatusCode?: number }
}

export function isMissing(error: unknown): boolean {
  const { name } = error as Answer
  return name === 'NoSuchKey' || name === 'NotFound'
}

/** An error of the bucket in the words of the failure table; anything that is none of a request unchanged. */
export function s3Failure(error: unknown, place: string): unknown {
  if (error instanceof RunbookError || !(error instanceof Error) || isMissing(error)) return error
  const { name = '', $metadata } = error as Answer
  const status = $metadata?.httpStatusCode
  const said = `${place} answered ${name}: ${messageOf(error)}`
  if (name === 'AbortError') return error
  if (status === undefined)
    return isNetwork(error)
      ? new RunbookError('Network', `${place} cannot be reached: ${messageOf(error)}`, {
          advice: 'Check the endpoint in `storage` and the network of this machine.',
          cause: error,
        })
      : error
  if (status === 429 || name === 'SlowDown')
    return new RunbookError('RateLimited', said, {
      advice: 'Wait a moment: it is tried again.',
      cause: error,
    })
  if (status === 401 || status === 403)
    return new RunbookError('NotPermitted', said, {
      advice:
        'Check the key that the variables of `storage` hold, and that it may read, write, list and delete in the bucket.',
      cause: error,
    })
  if (status >= 500)
    return new RunbookError('Network', said, { advice: 'Wait a moment: it is tried again.', cause: error })
  return new RunbookError('ConfigInvalid', said, {
    advice: 'Check `storage`: bucket, endpoint and region.',
    cause: error,
  })
}

const NETWORK = /^(?:E[A-Z_]+|UND_ERR_\w+)$/

/** Nobody answered, or the answer broke off. */
function isNetwork(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException
  return error.name === 'TimeoutError' || (code !== undefined && NETWORK.test(code) && code !== 'ENOSPC')
}
