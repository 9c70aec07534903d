import { describe, expect, test } from 'vitest'
import { clip, arrange, rowsTaken } from '../../../src/cli/terminal/picture.js'

const RED = '\u001B[31m'
const END = '\u001B[0m'

describe('a line is cut to the columns that it takes', () => {
  test.each([
    ['Chinese takes two columns a letter', '数据库迁移', 6, `数据…${END}`],
    ['a letter that would stand half outside is left out', '数据库', 5, `数据…${END}`],
    ['an emoji of several code points is one', '👩‍👩‍👧 family', 4, `👩‍👩‍👧 …${END}`],
    ['an accent of its own takes none', 'e\u0301tude', 3, `e\u0301t…${END}`],
    ['a colour takes none', `${RED}breached${END}`, 3, `${RED}br…${END}`],
    ['full-width digits take two', '１２３', 4, `１…${END}`],
  ])('%s', (_, line, columns, cut) => {
    expect(clip(line, columns)).toBe(cut)
  })

  test.each([
    ['a number with its unit', 'Final Pre-Migration Backup 900 ms', 31, 'Final Pre-Migration Backup …'],
    ['a coloured one', `Backup ${RED}900 ms${END} done`, 10, 'Backup …'],
    ['a duration of two units', 'Backup 5 min 54 s done', 17, 'Backup …'],
    ['a name of a gate', 'at the gate team-confirmation', 20, 'at the gate …'],
    ['a file', 'applies 0002_add_email.sql', 20, 'applies …'],
    ['a number that alone stands for another', 'rows 42000', 8, 'rows …'],
  ])('never within %s', (_, line, columns, cut) => {
    expect(clip(line, columns)).toBe(`${cut}${END}`)
  })

  test.each([
    ['Chinese', '数据库', 6],
    ['Latin with accents', 'équipe', 6],
    ['combining accents', 'e\u0301quipe', 6],
    ['colours', `${RED}breached${END}`, 8],
    ['nothing', '', 1],
  ])('and left as it is where it fits: %s', (_, line, columns) => {
    expect(clip(line, columns)).toBe(line)
  })
})

test('a picture of Chinese names takes one row a line, and is counted as the terminal wraps it', () => {
  const lines = ['审批人：王小明，正在等待最终确认', '0002_邮箱.sql applied']
  const head = lines.map((row) => [{ rows: [row], command: false }])
  const fitted = arrange({ head, steps: [], gates: [], rest: [], whole: [] }, { columns: 20, rows: 10 })
  expect(rowsTaken(fitted, 20)).toBe(2)
  expect(rowsTaken(lines, 20)).toBe(4)
})
