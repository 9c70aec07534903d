import { ASSUMPTIONS, type Probed } from '../../contract/assumptions.js'
import { messageOf } from '../../contract/failures.js'
import type { ApiClient } from '../cloudflare/send.js'
import { JOB_PROBES } from './job-probes.js'
import { inThrowAwayDatabase, type Lab } from './lab.js'
import { demand, SET_UP, SQL_PROBES } from './sql-probes.js'

/** What a live run found. */
export interface LiveRun {
  probes: Probed[]
  /** A throw-away database of which nothing says that it is gone. */
  leftBehind: string | undefined
}

const PAUSE_MS = 1000

/**
 * Holds every assumption against the account, in a throw-away database that is made for it and deleted after it; some 90 calls, and
 * one answer of 53 MB where D1 gives it. Throws where that database could not be made, and what the signal says; then too it is
 * deleted, or named.
 */
export async function probeAssumptions(request: {
  client: ApiClient
  account: string
  signal?: AbortSignal
  onProbed?: (probed: Probed) => void
  /** Between two looks at a job. Milliseconds. */
  pauseMs?: number
}): Promise<LiveRun> {
  const { account, signal, onProbed, pauseMs = PAUSE_MS } = request
  // A second try would hide what the first one met.
  const client = { ...request.client, tries: 1 }
  const { outcome, leftBehind } = await inThrowAwayDatabase({ client, account, pauseMs }, async (lab) => {
    await demand(lab, SET_UP)
    const probes: Probed[] = []
    for (const { id, assumption, expected } of ASSUMPTIONS) {
      signal?.throwIfAborted()
      const seen = await see(lab, id)
      const probed: Probed = {
        id,
        assumption,
        expected: expected.join(' or '),
        seen,
        when: new Date().toISOString(),
        where: `${new URL(client.url).host}, ${lab.database.name}`,
        ok: expected.includes(seen),
      }
      probes.push(probed)
      onProbed?.(probed)
    }
    return probes
  })
  return { probes: outcome, leftBehind }
}

async function see(lab: Lab, id: string): Promise<string> {
  const probe = SQL_PROBES[id] ?? JOB_PROBES[id]
  if (probe === undefined) return 'unknown: no probe looks at it'
  try {
    return await probe(lab)
  } catch (error) {
    return `unknown: ${messageOf(error)}`
  }
}
