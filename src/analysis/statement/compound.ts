import { depthsOf } from '../../d1/sql/parentheses.js'
import { significantTokens } from '../../d1/sql/tokens.js'

/** The SELECTs that UNION ALL puts together, and where it is `distinct`, those that UNION does. A WITH before them stays with the first. */
export function armsOf(select: string, { distinct }: { distinct: boolean }): string[] {
  const tokens = significantTokens(select)
  const depths = depthsOf(tokens)
  const arms: string[] = []
  let begin = 0
  for (const [at, { text, start }] of tokens.entries()) {
    if ((depths[at] ?? 0) > 0 || !/^union$/i.test(text)) continue
    const all = /^all$/i.test(tokens[at + 1]?.text ?? '')
    const next = tokens[all ? at + 2 : at + 1]
    if (!all && !distinct) continue
    if (next === undefined) break
    arms.push(select.slice(begin, start))
    begin = next.start
  }
  return [...arms, select.slice(begin)]
}
