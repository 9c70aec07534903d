import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { jsonOf } from '../contract/json.js'
import { nameOf, type Repository } from './send.js'
import { shaSchema } from './trees.js'

/** A deployment that waits for the rule of this app. */
export interface Requested {
  /** GitHub's number of the deployment: one that is asked for again has another one. */
  deployment: number
  /** Number of the workflow run, as digits. */
  run: string
  environment: string
  /** Commit that is to be deployed. */
  sha: string
  /** ISO 8601, UTC. */
  createdAt: string
}

/** GitHub gives up waiting by then. Milliseconds. https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments */
export const WAITS_AT_MOST_MS = 30 * 24 * 3_600_000

const requestedSchema = z.object({
  action: z.literal('requested'),
  environment: z.string().min(1).max(255),
  deployment_callback_url: z.string().max(2_000),
  deployment: z.object({
    id: z.number().int().positive(),
    sha: shaSchema,
    created_at: z.iso.datetime({ offset: true }),
  }),
  repository: z.object({ full_name: z.string().max(300) }),
})

/** Whether these very bytes were signed with the secret; in a time that tells nothing of where a signature differs. */
export function isSigned(secret: string, body: Uint8Array, header: string | undefined): boolean {
  const [, digest] = /^sha256=([0-9a-f]{64})$/.exec(header ?? '') ?? []
  if (digest === undefined) return false
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(digest, 'hex'))
}

/** What a signed delivery asks for; a text: why it is nothing that waits here. Only numbers of its callback address are taken, never the address. */
export function readRequested(body: Uint8Array, repository: Repository, nowMs: number): Requested | string {
  const parsed = requestedSchema.safeParse(jsonOf(Buffer.from(body).toString('utf8')))
  if (!parsed.success) return 'This is no request of a deployment protection rule.'
  const { environment, deployment, deployment_callback_url: callback, repository: of } = parsed.data
  if (of.full_name.toLowerCase() !== nameOf(repository).toLowerCase()) return 'It is of another repository.'
  const [, owner, name, run] =
    /\/repos\/([^/?#]+)\/([^/?#]+)\/actions\/runs\/([1-9]\d{0,18})\/deployment_protection_rule$/.exec(
      callback,
    ) ?? []
  if (run === undefined || `${owner}/${name}`.toLowerCase() !== nameOf(repository).toLowerCase())
    return 'Its callback is none of this repository.'
  const createdAt = Date.parse(deployment.created_at)
  if (nowMs - createdAt > WAITS_AT_MOST_MS) return 'GitHub waits for it no more.'
  return {
    ...{ deployment: deployment.id, run, environment, sha: deployment.sha },
    createdAt: new Date(createdAt).toISOString(),
  }
}
