import { z } from 'zod'

/** Something that a request claims and the charter says otherwise. The charter holds, but where `stands` says otherwise. Both as JSON, cut where it is long. */
export const claimDifferenceSchema = z.object({
  /** Dotted path, as the configuration names it; in runs of earlier versions below the request. */
  path: z.string(),
  claimed: z.string(),
  holds: z.string(),
  /** The one setting that a request may bring its own of: here what was asked for stands. */
  stands: z.literal('claimed').optional(),
})
export type ClaimDifference = z.infer<typeof claimDifferenceSchema>

/** How a run was admitted: which charter it is held to, and what of its request that charter overruled. */
export const admissionSchema = z.object({
  /** SHA-256 of the charter's entry. */
  charterHash: z.string(),
  differences: z.array(claimDifferenceSchema),
})
export type Admission = z.infer<typeof admissionSchema>
