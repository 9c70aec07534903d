import { createRequire } from 'node:module'
import type * as miniflare from 'miniflare'

/**
 * Miniflare is CommonJS, one file of 5 MB. Node's `import` would compile it once to learn its kind, and read all of it for the names
 * of its exports: a third of what a small rehearsal computes.
 */
export const { convertV4MiniflareOptions, Miniflare } = createRequire(import.meta.url)(
  'miniflare',
) as typeof miniflare
