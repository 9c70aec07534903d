import type { Token } from './tokens.js'

type Text = Pick<Token, 'text'>

/** Where the parenthesis at `open` closes; -1 where it does not. */
export function closingAt(tokens: readonly Text[], open: number): number {
  let depth = 0
  return tokens.findIndex(({ text }, at) => {
    if (at < open) return false
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    return depth === 0
  })
}

/** Parentheses that are open before each token. */
export function depthsOf(tokens: readonly Text[]): number[] {
  let depth = 0
  return tokens.map(({ text }) => {
    const before = depth
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    return before
  })
}

/** The parts between the commas that no parenthesis encloses; one of nothing for no tokens. */
export function partsAtCommas<T extends Text>(tokens: readonly T[]): T[][] {
  const depths = depthsOf(tokens)
  const parts: T[][] = [[]]
  for (const [at, token] of tokens.entries()) {
    if (depths[at] === 0 && token.text === ',') parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

/** The tokens between the parenthesis at `open` and the one that closes it; undefined where none opens there, or it does not close. */
export function enclosed<T extends Text>(tokens: readonly T[], open: number): T[] | undefined {
  const close = tokens[open]?.text === '(' ? closingAt(tokens, open) : -1
  return close < 0 ? undefined : tokens.slice(open + 1, close)
}

/** The tokens that no parenthesis encloses, these left out too. */
export function outermost<T extends Text>(tokens: readonly T[]): T[] {
  const depths = depthsOf(tokens)
  return tokens.filter(({ text }, at) => depths[at] === 0 && text !== '(')
}
