/** A person ended the command before its work was done. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(signal: NodeJS.Signals) {
    super('Stopped before it was done; what it had begun was ended and its files are removed.')
    this.name = 'Interrupted'
    this.exitCode = exitCodeAfter(signal)
  }
}

/**
 * Lets `work` end in order at the first Ctrl-C or SIGTERM: it is given the signal, ends its processes and removes its folders.
 * The second one ends everything at once. Throws `Interrupted`, whatever the work threw when it was stopped.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCodeAfter(signal))
    controller.abort(new Interrupted(signal))
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    return await work(controller.signal)
  } catch (error) {
    controller.signal.throwIfAborted()
    throw error
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** As shells have it: 128 and the number of the signal. */
export function exitCodeAfter(signal: NodeJS.Signals): number {
  return signal === 'SIGINT' ? 130 : 143
}
