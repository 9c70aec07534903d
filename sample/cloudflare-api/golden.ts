import { z } from 'zod'
import { defined } from '../../src/contract/defined.js'
import type { EngineLimits } from './engine.js'
import type { CloudflareApiOptions } from './index.js'
import { DEFAULT_RATE_LIMIT, GRAPHQL_RATE_LIMIT, type RateLimit } from './rate-limit.js'
import type { SplitterFaults } from './splitter.js'

/** What `doctor --live` keeps. */
export const goldenSchema = z.object({
  version: z.literal(1),
  probes: z.array(z.object({ id: z.string(), seen: z.string() })),
})

/** Which assumption tells of which switch. */
const SPLITTER: Record<keyof SplitterFaults, string> = {
  capitals: 'trigger-capitals',
  bareCase: 'trigger-bare-case',
  windowsLines: 'trigger-windows-lines',
  farDown: 'trigger-far-down',
}
const ENGINE: Record<keyof EngineLimits, string> = {
  statementBytes: 'statement-length',
  operations: 'program-size',
  depths: 'expression-depth',
  columns: 'columns',
  parameters: 'parameters',
  compoundTerms: 'compound-terms',
  valueBytes: 'value-bytes',
  resultBytes: 'result-bytes',
  patternBytes: 'pattern-bytes',
  authorizer: 'authorizer',
}

/** The switches with which the local API is what a live run saw; what it did not see stays as strict as it is. */
export function switchesOf({ probes }: z.infer<typeof goldenSchema>): Partial<CloudflareApiOptions> {
  const seen = new Map(probes.map((probe) => [probe.id, probe.seen]))
  const saw = (id: string, what: string): boolean => seen.get(id) === what
  const notTaken = <Name extends string>(ids: Record<Name, string>): Partial<Record<Name, boolean>> =>
    Object.fromEntries(Object.entries<string>(ids).map(([name, id]) => [name, !saw(id, 'taken')])) as Partial<
      Record<Name, boolean>
    >
  const owner = seen.get('token-owner')
  const limitOf = (id: string, usual: RateLimit): RateLimit | undefined => {
    const [, calls, seconds] = /^(\d+) in (\d+) s$/.exec(seen.get(id) ?? '') ?? []
    return calls === undefined
      ? undefined
      : { ...usual, calls: Number(calls), windowMs: Number(seconds) * 1000 }
  }
  const words = seen.get('commit-words')
  return {
    splitter: notTaken(SPLITTER),
    engine: notTaken(ENGINE),
    ...(owner === 'user' || owner === 'account' ? { tokenOwner: owner } : {}),
    ...(saw('query-atomic-statement', 'what stood before it') ? { queryMode: 'statement' as const } : {}),
    ...(words?.startsWith('FOREIGN KEY') === true ? { commitFailure: 'told' as const } : {}),
    ...(saw('import-order', 'yes')
      ? { importMode: saw('import-far', 'yes') ? ('transaction' as const) : ('chunk' as const) }
      : {}),
    ...(saw('import-again', 'uploaded again') ? { importAgain: 'uploaded' as const } : {}),
    ...(saw('import-available', 'yes') && saw('import-abandoned', 'it ends') ? { importHoldMs: 0 } : {}),
    ...(saw('export-available', 'yes') ? { exportHoldMs: 0 } : {}),
    ...defined({
      rateLimit: limitOf('rate-policy', DEFAULT_RATE_LIMIT),
      graphqlLimit: limitOf('graphql-policy', GRAPHQL_RATE_LIMIT),
    }),
  }
}
