import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runProjectCommand } from '../../src/process/programs.js'
import { projectFolder } from '../config/project-folder.js'

const never = new AbortController().signal
const node = (script: string): string[] => [process.execPath, '-e', script]
/** A process that lives on unless somebody ends it; its number is in the file `pid`. */
const CHILD = `const { spawn } = require('node:child_process');
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'STDIO' });
require('node:fs').writeFileSync('pid', String(child.pid));`

function runs(folder: string): boolean {
  const pid = Number(readFileSync(path.join(folder, 'pid'), 'utf8'))
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.includes(') Z ')
  } catch {
    return false
  }
}

describe('a command of the project, such as its tests', () => {
  it('passes with all that it printed', async () => {
    const folder = projectFolder()
    const script = "console.log('out'); console.error('err')"
    const result = await runProjectCommand({ command: node(script), folder, signal: never })
    expect(result).toMatchObject({ passed: true, output: expect.stringMatching(/out\n[^]*err|err\n[^]*out/) })
  })

  it.each([
    ['that fails', node("console.log('why'); process.exit(3)"), /why/],
    ['that is not there', ['no-such-program'], /no-such-program/],
  ])('%s does not pass, and says why', async (_what, command, says) => {
    const result = await runProjectCommand({ command, folder: projectFolder(), signal: never })
    expect(result).toMatchObject({ passed: false, output: expect.stringMatching(says) })
  })

  it.runIf(process.platform === 'linux').each(['ignore', 'inherit'])(
    'that hangs has a limit, and leaves no child (its output: %s)',
    async (stdio) => {
      const folder = projectFolder()
      const script = `${CHILD.replace('STDIO', stdio)} console.log('begun'); setInterval(() => {}, 1000)`
      const begun = Date.now()
      const result = await runProjectCommand({ command: node(script), folder, signal: never, limitMs: 1500 })
      expect(result).toMatchObject({
        passed: false,
        output: expect.stringMatching(/begun\n[^]*did not end within 2 s/),
      })
      expect(Date.now() - begun).toBeLessThan(45_000)
      expect(runs(folder)).toBe(false)
    },
  )

  it.runIf(process.platform === 'linux')('that ends leaves no child behind either', async () => {
    const folder = projectFolder()
    const script = `${CHILD.replace('STDIO', 'ignore')} child.unref()`
    expect(await runProjectCommand({ command: node(script), folder, signal: never })).toMatchObject({
      passed: true,
    })
    expect(runs(folder)).toBe(false)
  })

  it.runIf(process.platform === 'linux')('that is stopped by a person ends with its children', async () => {
    const folder = projectFolder()
    const script = `${CHILD.replace('STDIO', 'inherit')} setInterval(() => {}, 1000)`
    const controller = new AbortController()
    const result = runProjectCommand({ command: node(script), folder, signal: controller.signal })
    await expect.poll(() => existsSync(path.join(folder, 'pid'))).toBe(true)
    controller.abort()
    expect(await result).toMatchObject({ passed: false })
    expect(runs(folder)).toBe(false)
  })
})
