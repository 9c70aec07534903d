import { unquote, type Token } from '../sql/tokens.js'

/**
 * Where a full-text table has its rows: in itself, nowhere (it can find them and not show them), or in another table or view.
 * Source: https://sqlite.org/fts5.html#external_content_and_contentless_tables
 */
export type SearchContent =
  | { kind: 'own' }
  | { kind: 'none' }
  | { kind: 'table'; table: string; rowid: string }

/** What a CREATE VIRTUAL TABLE … USING fts5 says of its content; undefined for another module. */
export function searchContent(tokens: Token[]): SearchContent | undefined {
  const module = tokens.findIndex(({ text }) => /^using$/i.test(text)) + 1
  if (module === 0 || !/^fts5$/i.test(tokens[module]?.text ?? '')) return undefined
  const option = (name: string): string | undefined => {
    const at = tokens.findIndex(
      ({ text }, position) =>
        position > module && text.toLowerCase() === name && tokens[position + 1]?.text === '=',
    )
    return at < 0 ? undefined : unquote(tokens[at + 2]?.text ?? '')
  }
  const table = option('content')
  if (table === undefined) return { kind: 'own' }
  return table === '' ? { kind: 'none' } : { kind: 'table', table, rowid: option('content_rowid') ?? 'rowid' }
}
