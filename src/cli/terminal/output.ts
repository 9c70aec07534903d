import pc from 'picocolors'
import stringWidth from 'string-width'
import { visibleFormats, visibleJson, visibleLines } from '../../text/visible.js'
import { at, linesOf, type CommandPlace, type Words, mapText } from '../../contract/next-command.js'
import { commandLine, plain } from '../../contract/command-line.js'
import { blockLines, blockPieces, type Piece, type Place } from './block.js'
import { plainDocument } from '../../text/words.js'

const SHELL = process.platform === 'win32' ? 'windows' : 'posix'

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
  /** The answer for people; in a terminal what is too long goes on in the next row, at a blank. */
  line: (text?: Words) => void
  /** What is pasted, read by a program, or fits already: SQL, Markdown, rows of {@link block}. */
  verbatim: (text: Words) => void
  /** Progress and remarks, wrapped as {@link line}; always stderr. Names in it are of others: no colours, nothing that a terminal obeys. */
  note: (text: Words) => void
  /** A text with its commands as they are typed in this terminal, here. */
  text: (words: Words) => string
  /** The same as lines within this terminal: wrapped, each command complete and alone. */
  block: (words: Words, place?: Partial<Place>) => string[]
  /** The same, with what belongs together. */
  pieces: (words: Words, place?: Partial<Place>) => Piece[]
  /** The answer for machines; call once. */
  document: (value: unknown) => void
  /** Unframed text on the stream of `line`, for redrawing. */
  raw: (text: string) => void
}

/** `typed`: how the person said which project, environment and run they mean; a command that we print says it again. */
export function createOutput({ json, typed = {} }: { json: boolean; typed?: CommandPlace }): Output {
  const human = json ? process.stderr : process.stdout
  const text = (words: Words): string => terminalText(words, typed)
  // Some terminals say 0 before they know.
  const columns = (): number => (human.columns > 0 ? human.columns : 100)
  const pieces: Output['pieces'] = (words, place = {}) =>
    blockPieces(words, { columns: human.isTTY ? columns() : Infinity, ...place }, { typed, shell: SHELL })
  return {
    json,
    colors: colorsFor(human),
    interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY) && !isCi(),
    live: Boolean(human.isTTY) && process.env['TERM'] !== 'dumb' && !isCi(),
    columns,
    line: (words = '') =>
      void human.write(`${terminalRows(mapText(words, visibleFormats), typed, human).join('\n')}\n`),
    // A program gets every byte.
    verbatim: (words) => void human.write(`${human.isTTY ? visibleFormats(text(words)) : text(words)}\n`),
    note: (words) => {
      const rows = terminalRows(mapText(words, visibleLines), typed, process.stderr)
      process.stderr.write(`${rows.join('\n')}\n`)
    },
    text,
    pieces,
    block: (...asked) => pieces(...asked).flatMap(({ rows }) => rows),
    document: (value) => {
      if (json)
        process.stdout.write(
          `${visibleJson(
            plainDocument(value, (next) => at(typed, next)),
            2,
          )}\n`,
        )
    },
    raw: (text) => void human.write(text),
  }
}

/** As rows of a terminal. A line that fits stays as it is; a pipe has no width. */
export function terminalRows(
  text: Words,
  typed: CommandPlace,
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
): string[] {
  return linesOf(text).flatMap((line) => {
    const whole = terminalText(line, typed)
    if (!stream.isTTY || !(stream.columns > 0) || stringWidth(whole) < stream.columns) return [whole]
    return blockLines(line, { columns: stream.columns }, { typed, shell: SHELL })
  })
}

/** `words` for this terminal: each command complete, and quoted for the shell of this system. */
export function terminalText(words: Words, typed: CommandPlace): string {
  return plain(words, (next) => commandLine(at(typed, next), SHELL))
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

/**
 * `d1-runbook … | head` closes our stdout early: that is no error of ours. Nobody who reads progress any more is no reason to leave
 * either: the answer on stdout still has a reader.
 */
export function survivePipeClose(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A terminal that was closed: the command is ended by SIGHUP, in order.
      if (error.code === 'EIO') return
      if (error.code !== 'EPIPE') throw error
      if (stream === process.stdout) process.exit(process.exitCode ?? 0)
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
