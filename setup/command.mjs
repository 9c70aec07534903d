import { spawn } from 'node:child_process'

const SIGN_OF_LIFE_MS = 10_000
const KEPT_OUTPUT = 200_000

/**
 * Runs a program to its end or its time limit; never hangs and never throws.
 * @param {string} file
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, limitMs: number, label: string, say: (line: string) => void}} options
 * @returns {Promise<{ok: boolean, output: string, reason: string}>} `output` holds both streams; `reason` is empty when ok
 */
export function runCommand(file, args, { cwd, env = process.env, limitMs, label, say }) {
  return new Promise((resolve) => {
    const started = Date.now()
    // A group of its own, so that the time limit reaches what the program started as well.
    const ownGroup = process.platform !== 'win32'
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: ownGroup })
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)

    let reason = ''
    const alive = setInterval(() => {
      say(`${label}: still working (${Math.round((Date.now() - started) / 1000)} s)`)
    }, SIGN_OF_LIFE_MS)
    const limit = setTimeout(() => {
      reason = `took longer than ${Math.round(limitMs / 1000)} s`
      endTree(child, ownGroup)
    }, limitMs)
    const interrupted = (signal) => {
      endTree(child, ownGroup)
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted)

    const settle = (failure) => {
      clearInterval(alive)
      clearTimeout(limit)
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
      resolve({ ok: failure === '', output, reason: failure })
    }
    child.once('error', (error) => settle(error.code === 'ENOENT' ? 'not found' : error.message))
    child.once('close', (code, signal) => {
      settle(reason || (code === 0 ? '' : signal ? `ended by ${signal}` : `exit code ${code}`))
    })
  })
}

function endTree(child, ownGroup) {
  if (child.pid === undefined) return
  if (!ownGroup) {
    spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore' }).once('error', () =>
      child.kill(),
    )
    return
  }
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}
