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
