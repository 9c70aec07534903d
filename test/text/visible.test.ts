import { describe, expect, test } from 'vitest'
import { command, words } from '../../src/contract/next-command.js'
import { visible, visibleIn, visibleLines } from '../../src/text/visible.js'

describe('untrusted text', () => {
  test.each([
    ['\u001B[2J\u001B[31mgone', '\\x1b[2J\\x1b[31mgone'],
    ['\u001B]8;;https://evil.example\u0007here', '\\x1b]8;;https://evil.example\\x07here'],
    ['\u009B31m', '\\x9b31m'],
    ['0001_\u202Elqs.txt', '0001_\\u202elqs.txt'],
    ['ok\r\u0008\u0008no', 'ok\\x0d\\x08\\x08no'],
    ['name\n✔ approved by Ada', 'name\\n✔ approved by Ada'],
    ['a\u2028b', 'a\\u2028b'],
  ])('%j is written out, not sent', (text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  test.each(['0001_users.sql', 'Zoë Müller', '日本語 👩‍🚀', 'שלום', '<b>&amp;</b> `x` "y"', 'C:\\x1b'])(
    '%j stays as it is',
    (text) => {
      expect(visible(text)).toBe(text)
    },
  )

  test('of several lines keeps its lines', () => {
    expect(visibleLines('CREATE\n\u001Bx')).toBe('CREATE\n\\x1bx')
  })

  test('deep in a state is written out, and commands stay commands', () => {
    const plan = command('plan')
    const view = { name: 'a\u0007', rows: 3, list: [{ advice: words`x\ny\u001B ${plan}` }], none: null }
    expect(visibleIn(view)).toEqual({
      name: 'a\\x07',
      rows: 3,
      list: [{ advice: ['x\ny\\x1b ', plan] }],
      none: null,
    })
  })
})
