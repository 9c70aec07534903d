import { expect, test } from 'vitest'
import { MINIMUM_WRANGLER } from '../../../src/d1/wrangler/wrangler-tool.js'
import { FULL } from '../../full.js'
import { SEED } from '../../fast-check.js'
import { bundledWrangler } from '../../sample/cloudflare-api/wrangler-project.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { installedWrangler } from '../wrangler/installed-wrangler.js'
import { ask, differenceBeforePatterns, differenceToday, places, read, UNLIKE } from './compare-reading.js'

/** Each is one `wrangler d1 migrations list --local` of the real Wrangler. */
const LAYOUTS = FULL ? 220 : 12

test('every layout is read as the Wrangler of today reads it', { timeout: 3_600_000 }, async () => {
  const differences: string[] = []
  let compared = 0
  for (const [place, said] of await ask(bundledWrangler(), places(temporaryFolder(), SEED, LAYOUTS))) {
    const ours = await read(place)
    const found = differenceToday(ours, said, place.layout)
    if (found !== undefined) differences.push(`seed ${place.seed}: ${found}\n${said.output.slice(0, 600)}`)
    else if ('names' in ours) compared += 1
  }
  expect(differences).toEqual([])
  // Most of what is generated is a project that works: a comparison of refusals only would prove nothing.
  expect(compared).toBeGreaterThan(LAYOUTS * 0.5)
})

test.runIf(FULL)(
  'what the oldest Wrangler takes up otherwise is what is known of it',
  { timeout: 3_600_000 },
  async ({ skip }) => {
    const script = await installedWrangler(MINIMUM_WRANGLER)
    if (script === undefined)
      return skip('it is not installed here, and the package registry is not reachable')
    const differences: string[] = []
    let compared = 0
    for (const [place, said] of await ask(script, places(temporaryFolder(), SEED, LAYOUTS))) {
      const found = await differenceBeforePatterns(await read(place), said, place.layout)
      if (found === undefined) compared += 1
      else if (found !== UNLIKE)
        differences.push(`seed ${place.seed}: ${found}\n${said.output.slice(0, 600)}`)
    }
    expect(differences).toEqual([])
    expect(compared).toBeGreaterThan(LAYOUTS * 0.3)
  },
)
