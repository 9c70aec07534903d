import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { KEYS, programInTerminal, type TerminalSession } from './terminal-session.js'

const PROGRAM = fileURLToPath(new URL('prompt-program.ts', import.meta.url))
const SIZES = [
  [120, 40],
  [80, 24],
  [40, 20],
] as const

/** `script` of util-linux gives a command a terminal. */
const here = describe.runIf(process.platform === 'linux')

here('a question at a real terminal (refresh: vitest -u)', () => {
  const QUESTIONS: [name: string, asked: RegExp, slip: string, after: RegExp, leave: string][] = [
    [
      'gate',
      /Type 'y' to proceed, 'n' to decline/,
      `x${KEYS.enter}`,
      /Only 'y' or 'n' decides/,
      `${KEYS.delete}n${KEYS.enter}`,
    ],
    ['way', /Which way\?/, KEYS.enter, /Not decided yet[^]*Which way\?/, `${KEYS.down}${KEYS.enter}`],
    ['interrupt', /What now\?/, KEYS.down, /● Detach/, KEYS.ctrlC],
  ]

  describe.each(QUESTIONS)('%s', (name, asked, slip, after, leave) => {
    test.each(SIZES)('%ix%i', async (...size) => {
      const program = ['--import', import.meta.resolve('tsx'), PROGRAM, name]
      const session = programInTerminal(program, { size })
      try {
        await session.until(asked)
        const first = session.screen()
        session.press(slip)
        await session.until(after)
        const second = session.screen()
        session.press(leave)
        await session.ended
        for (const screen of [first, second]) expect(widest(screen)).toBeLessThanOrEqual(size[0])
        await expect(`${[first, second, ended(session)].join(LINE)}\n`).toMatchFileSnapshot(
          `screens/${name}-${size.join('x')}.txt`,
        )
      } finally {
        session.kill()
      }
    })
  })
})

const LINE = `\n${'═'.repeat(20)}\n`

function widest(screen: string): number {
  return Math.max(...screen.split('\n').map((row) => row.length))
}

/** What the program made of the keys. */
function ended(session: TerminalSession): string {
  return session.text().split('\n').at(-1) ?? ''
}
