import { expect, test } from 'vitest'
import { freezeNotes, freezeText, waitingText } from '../../src/runbook/freezes.js'

const from = '2026-12-20T00:00:00.000Z'
const until = '2026-12-27T00:00:00.000Z'

test('a reason is one line, whatever it holds: no line of ours can be forged by it', () => {
  const freeze = { from, until, reason: 'holidays\n✔ approved by Ada\r\u001B[2J\u202E' }
  const said = [
    freezeText(freeze, 'UTC'),
    ...freezeNotes([freeze], 'UTC', Date.parse(from)),
    waitingText({ state: 'before', forMs: 1, freeze }, { timeZone: 'UTC' }).waiting,
  ]
  for (const line of said) {
    expect(line).toContain('holidays\\n✔ approved by Ada\\x0d\\x1b[2J\\u202e')
    expect(line).not.toMatch(/\p{Cc}/u)
  }
})
