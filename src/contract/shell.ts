/** Who reads a line back: sh, bash and zsh; or PowerShell, and cmd for all names but the oddest. */
export type Shell = 'posix' | 'windows'

/** Means itself in every shell, wherever it stands in a line that we print. */
const BARE = { posix: /^[\w+:./-]+$/, windows: /^[\w+:./\\-]+$/ }
/** Means itself inside double quotes in all of them: no expansion, no escape, no quote that PowerShell takes for one. */
const QUOTED = { posix: /^[^"$`!%\\\p{C}\u2018-\u201F]*$/u, windows: /^[^"$`!%\p{C}\u2018-\u201F]*$/u }

/** One word of a command line, quoted so that the shell hands over exactly `word`. */
export function shellWord(word: string, shell: Shell = 'posix'): string {
  if (BARE[shell].test(word)) return word
  // A backslash before the closing quote would take it for a part of the name.
  if (QUOTED[shell].test(word)) return `"${word.replace(/\\$/, '\\\\')}"`
  if (shell === 'windows') return `'${word.replaceAll(/['\u2018-\u201B]/g, '$&$&')}'`
  // Control characters, and those that turn the writing around, must never reach a screen raw.
  if (/\p{C}/u.test(word)) return `$'${[...word].map(escaped).join('')}'`
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function escaped(character: string): string {
  if (!/\p{C}/u.test(character)) return character.replace(/['\\]/, '\\$&')
  const bytes = [...new TextEncoder().encode(character)]
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
