import { visibleLines } from './visible.js'

/** For text and for attributes in double quotes. What is not to be seen is written out: control characters are no HTML. */
export function escapeMarkup(text: string): string {
  return visibleLines(text.replaceAll('\r\n', '\n'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
