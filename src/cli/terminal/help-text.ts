import { commandRows, wrapText } from './block.js'

/** What Commander takes for the help where nobody says how wide the terminal is; ours takes no more in any terminal. */
export const HELP_COLUMNS = 80

/** The end of a command's help. What stands behind two blanks and a `#` says what the example does, and goes above it. */
export function examplesHelp(examples: readonly string[]): string {
  return ['', 'Examples:', ...examples.flatMap(exampleRows)].join('\n')
}

function exampleRows(example: string): string[] {
  const [typed = '', comment] = example.split(/ {2,}# /)
  const above =
    comment === undefined
      ? []
      : wrapText(`# ${comment}`, { columns: HELP_COLUMNS, hang: '  # ', indent: '  ' })
  return [...above, ...commandRows(['$', 'd1-runbook', ...shellWords(typed)], HELP_COLUMNS, '  ', 'posix')]
}

/** Words as they are typed: quotes hold theirs together, and stay. */
export function shellWords(typed: string): string[] {
  return typed.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
}

/** A paragraph below a command's help. */
export function helpParagraph(text: string): string {
  return ['', ...wrapText(text, { columns: HELP_COLUMNS, hang: '' })].join('\n')
}
