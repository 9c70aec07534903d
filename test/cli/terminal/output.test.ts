import { afterEach, expect, it, vi } from 'vitest'
import { createOutput } from '../../../src/cli/terminal/output.js'
import { command, words } from '../../../src/contract/next-command.js'

afterEach(() => vi.restoreAllMocks())

function noted(text: Parameters<ReturnType<typeof createOutput>['note']>[0]): string {
  let said = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    said += String(chunk)
    return true
  })
  createOutput({ json: false }).note(text)
  return said
}

it.each([
  ['an escape sequence', 'exporting shop\u001B[31m'],
  ['a bell', 'exporting shop\u0007'],
  ['a mark of direction', 'exporting shop\u202Egpj.exe'],
])('%s in a name of others is written out, not obeyed', (_what, text) => {
  expect(noted(text)).not.toMatch(/[\u0007\u001B\u202E]/)
})

it('an answer has no character that only formats, and JSON none that does not show', () => {
  let said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    said += String(chunk)
    return true
  })
  createOutput({ json: false }).line('\u001B[1mshop\u001B[0m by A\u200Bda \u202Egpj.exe')
  expect(said).toBe('\u001B[1mshop\u001B[0m by A\\u200bda \\u202egpj.exe\n')
  said = ''
  createOutput({ json: true }).document({ name: 'A\u200Bda' })
  expect(said).toBe('{\n  "name": "A\\u200bda"\n}\n')
})

it('lines stay lines, and letters of any language stay as they are', () => {
  expect(noted('première ligne\n作品をエクスポート')).toBe('première ligne\n作品をエクスポート\n')
  expect(noted(words`Next: ${command('show')}`)).toContain('d1-runbook show')
})

it.runIf(!process.stdout.isTTY)('in a pipe a text is one row, and a command one row, however long', () => {
  const long = 'a word '.repeat(200)
  const { block } = createOutput({ json: false, typed: { project: `/srv/${'x'.repeat(300)}` } })
  const [row, typed, ...more] = block(words`${long}${command('show')}`)
  expect([row, more]).toEqual([long.trimEnd(), []])
  expect(typed).toMatch(/^ *d1-runbook show --project \/srv\/x{300}$/)
})
