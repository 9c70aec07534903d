/** A set-up step that cannot go on: what happened, why, and what to do. Everything else that is thrown is a bug. */
export class SetupFailure extends Error {
  constructor(message, { advice = '', cause } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SetupFailure'
    this.advice = advice
  }
}

/** The last lines of a tool's output: enough to see why, short enough to read. */
export function lastLines(text, count = 12) {
  return text.trimEnd().split(/\r?\n/).slice(-count).join('\n')
}
