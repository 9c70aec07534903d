import type { SqlValue } from '../../d1/sqlite/sqlite.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'

/** Texts made for a length; longer ones tell nothing more. */
const MAX_LENGTH = 1000

/**
 * Values at the edges of what these expressions allow: every literal with its neighbours, texts of the lengths that are asked for, and one
 * of each kind of value. Those nearest to a literal first, NULL last.
 */
export function edgeValues(tokens: Token[]): SqlValue[] {
  const numbers = tokens.flatMap(({ kind, text }, at) =>
    kind === 'number' ? [tokens[at - 1]?.text === '-' ? -Number(text) : Number(text)] : [],
  )
  const texts = tokens.filter(({ kind, text }) => kind === 'string' && !/^x/i.test(text)).map(textOf)
  const asks = (word: RegExp): boolean => tokens.some(({ kind, text }) => kind === 'word' && word.test(text))
  const lengths = asks(/^length$|^substr$/i)
    ? numbers.flatMap((n) => [n + 1, n, n - 1]).filter((n) => n >= 0 && n <= MAX_LENGTH)
    : []
  const patterns = asks(/^like$|^glob$/i) ? texts.flatMap(fitting) : []
  return [
    ...numbers.flatMap((n) => [n + 1, n - 1, n]),
    ...texts.flatMap((text) => [`${text}x`, text, text.toUpperCase(), text.toLowerCase()]),
    ...lengths.map((n) => 'x'.repeat(n)),
    ...lengths.map((n) => '7'.repeat(n)),
    ...patterns,
    ...numbers.flatMap((n) => [n + 0.5, n * 10 + 1, -n]),
    ...(asks(/^json/i) ? ['{}', '[]', 'no json'] : []),
    ...['x', '', ' ', 0, 1, -1, 0.5, 1e9, '1', Uint8Array.from([1]), null],
  ]
}

function textOf({ text }: Token): string {
  return unquote(text)
}

/** A text that a LIKE or GLOB takes, and one that it does not. */
function fitting(pattern: string): string[] {
  const filled = pattern
    .replaceAll(/[%*]/g, 'x')
    .replaceAll(/[_?]/g, 'x')
    .replaceAll(/\[\^?(.)[^\]]*\]/g, '$1')
  return [filled, filled.slice(1), filled.slice(0, -1), filled.replaceAll('x', '')]
}
