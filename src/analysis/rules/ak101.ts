import type { Rule } from './rule.js'

/** Raised by `acknowledge.ts`, which alone knows what was accepted. */
export const ak101: Rule = {
  code: 'AK101',
  title: 'acknowledgement that matches nothing',
  severity: 'warning',
  advice: 'Remove the line, or correct its code and object.',
  source: 'DESIGN: an acknowledgement is for one finding of one object',
}
