/** A line break inside a field would read as a line of ours; blanks that stand together are what somebody wrote. */
export function oneLine(text: string): string {
  return text.replace(LINE_BREAKS, ' ').trim()
}

/** Breaks, and what would indent the next line. */
export const LINE_BREAKS = /[^\S\n\r\t\v\f\u2028\u2029]*[\n\r\t\v\f\u2028\u2029]\s*/g
