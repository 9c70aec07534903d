import pc from 'picocolors'

export type Colors = ReturnType<typeof pc.createColors>

/**
 * Where words go. With `--json`, stdout carries exactly one JSON document and everything else goes to stderr, so that a
 * pipe never has to guess.
 */
export interface Output {
  json: boolean
  /** Colours of stdout, or of stderr with `--json`; none in a pipe or with NO_COLOR. */
  colors: Colors
  /** Somebody watches and can answer: stdin and stderr are terminals, outside of CI. */
  interactive: boolean
  /** Progress may be redrawn in place. */
  live: boolean
  columns: () => number
  /** The answer for people. */
  line: (text?: string) => void
  /** Progress and remarks; always stderr. */
  note: (text: string) => void
  /** The answer for machines; call once. */
  document: (value: unknown) => void
  /** Unframed text on the stream of `line`, for redrawing. */
  raw: (text: string) => void
}

/** `finish`: the last word on each text before it is written. */
export function createOutput({
  json,
  finish = (text) => text,
}: {
  json: boolean
  finish?: (text: string) => string
}): Output {
  const human = json ? process.stderr : process.stdout
  return {
    json,
    colors: colorsFor(human),
    interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY) && !isCi(),
    live: Boolean(human.isTTY) && process.env['TERM'] !== 'dumb' && !isCi(),
    // Some terminals say 0 before they know.
    columns: () => (human.columns > 0 ? human.columns : 100),
    line: (text = '') => void human.write(`${finish(text)}\n`),
    note: (text) => void process.stderr.write(`${finish(text)}\n`),
    document: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
    },
    raw: (text) => void human.write(finish(text)),
  }
}

export function colorsFor(stream: NodeJS.WriteStream): Colors {
  const noColor = process.env['NO_COLOR']
  const refused = (noColor !== undefined && noColor !== '') || process.env['TERM'] === 'dumb'
  // Absent in a pipe; picocolors would decide by itself when it is given nothing.
  return pc.createColors(Boolean(stream.isTTY) && !refused)
}

function isCi(): boolean {
  const ci = process.env['CI']
  return ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0'
}

/** `d1-runbook … | head` closes our stdout early: that is no error of ours. */
export function survivePipeClose(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit(process.exitCode ?? 0)
    })
  }
}

/** Ends the process only after everything that was written has left it. */
export async function flushOutput(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((resolve) => void stream.write('', () => resolve())),
    ),
  )
}
