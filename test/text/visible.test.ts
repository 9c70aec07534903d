import { describe, expect, test } from 'vitest'
import { command, words } from '../../src/contract/next-command.js'
import { visible, visibleFormats, visibleIn, visibleJson, visibleLines } from '../../src/text/visible.js'

describe('untrusted text', () => {
  test.each([
    ['\u001B[2J\u001B[31mgone', '\\x1b[2J\\x1b[31mgone'],
    ['\u001B]8;;https://evil.example\u0007here', '\\x1b]8;;https://evil.example\\x07here'],
    ['\u009B31m', '\\x9b31m'],
    ['0001_\u202Elqs.txt', '0001_\\u202elqs.txt'],
    ['ok\r\u0008\u0008no', 'ok\\x0d\\x08\\x08no'],
    ['name\n✔ approved by Ada', 'name\\n✔ approved by Ada'],
    ['a\u2028b', 'a\\u2028b'],
    // No width: two names that differ in it alone look the same.
    ['ap\u200Bprove', 'ap\\u200bprove'],
    ['A\u200Dda', 'A\\u200dda'],
    ['Ada\u00AD', 'Ada\\xad'],
    ['\uFEFFAda', '\\ufeffAda'],
    ['a\u3164b', 'a\\u3164b'],
    // Tags and variation selectors, in which a model reads what people do not see.
    ['hi\u{E0041}\u{E0042}', 'hi\\u{e0041}\\u{e0042}'],
    ['a\u{E0101}\uFE0F', 'a\\u{e0101}\\ufe0f'],
  ])('%j is written out, not sent', (text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  test.each([
    '0001_users.sql',
    'Zoë Müller',
    '日本語 👩‍🚀',
    'שלום',
    'می\u200Cخواهم',
    'क्\u200Dष',
    '❤️ 1️⃣ 👍🏽',
    '<b>&amp;</b> `x` "y"',
    'C:\\x1b',
  ])('%j stays as it is', (text) => {
    expect(visible(text)).toBe(text)
  })

  test('with colours of ours keeps them, and nothing that only formats', () => {
    expect(visibleFormats('\u001B[1mA\u202Eda\u001B[0m\n')).toBe('\u001B[1mA\\u202eda\u001B[0m\n')
  })

  test('in JSON is escaped there, and means the same', () => {
    const value = { 'a\u200B': 'b\u202E\u{E0041}\u009B\n"', list: ['👩‍🚀'] }
    const json = visibleJson(value, 2)
    expect(json).toBe(
      '{\n  "a\\u200b": "b\\u202e\\udb40\\udc41\\u009b\\n\\"",\n  "list": [\n    "👩‍🚀"\n  ]\n}',
    )
    expect(JSON.parse(json)).toEqual(value)
  })

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
