import { z } from 'zod'
import type { CloudflareApiOptions } from './index.js'
import { DEFAULT_RATE_LIMIT } from './rate-limit.js'
import { ALL_FAULTS } from './splitter.js'

/** What `doctor --live` keeps. */
export const goldenSchema = z.object({
  version: z.literal(1),
  probes: z.array(z.object({ id: z.string(), seen: z.string() })),
})

/** The switches with which the local API is what a live run saw; what it did not see stays as strict as it is. */
export function switchesOf({ probes }: z.infer<typeof goldenSchema>): Partial<CloudflareApiOptions> {
  const seen = new Map(probes.map((probe) => [probe.id, probe.seen]))
  const splitter = {
    capitals: 'capitals',
    bareCase: 'bare-case',
    windowsLines: 'windows-lines',
    farDown: 'far-down',
  }
  const owner = seen.get('token-owner')
  const policy = /^(\d+) in (\d+) s$/.exec(seen.get('rate-policy') ?? '')
  return {
    splitter: Object.fromEntries(
      Object.keys(ALL_FAULTS).map((fault) => [
        fault,
        seen.get(`trigger-${splitter[fault as keyof typeof splitter]}`) !== 'taken',
      ]),
    ),
    ...(owner === 'user' || owner === 'account' ? { tokenOwner: owner } : {}),
    ...(seen.get('import-order') === 'yes'
      ? { importMode: seen.get('import-far') === 'yes' ? ('transaction' as const) : ('chunk' as const) }
      : {}),
    ...(seen.get('export-available') === 'yes' ? { exportHoldMs: 0 } : {}),
    ...(seen.get('expression-depth') === 'taken' ? { engine: { depths: false } } : {}),

    ...(policy === null
      ? {}
      : {
          rateLimit: { ...DEFAULT_RATE_LIMIT, calls: Number(policy[1]), windowMs: Number(policy[2]) * 1000 },
        }),
  }
}
