import { createRequire } from 'node:module'
import type * as miniflare from 'miniflare'

const load = createRequire(import.meta.url)

/**
 * Miniflare, loaded by the first engine that starts here: a fifth of what a worker computes until it polls, and its rehearsals have
 * processes of their own. It is CommonJS, one file of 5 MB. Node's `import` would compile it once to learn its kind, and read all of
 * it for the names of its exports: a third of what a small rehearsal computes.
 */
export function loadMiniflare(): Pick<typeof miniflare, 'convertV4MiniflareOptions' | 'Miniflare'> {
  return load('miniflare') as typeof miniflare
}
