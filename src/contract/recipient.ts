import { bech32 } from '@scure/base'
import { z } from 'zod'

/** Public keys of age: X25519, and X25519 with ML-KEM-768. Bytes of each. */
const KEYS: Readonly<Record<string, number>> = { age: 32, age1pq: 1216 }

/** Each costs up to 2 KB at the head of every sealed archive. */
const MOST_RECIPIENTS = 20

/** Why a text is no public key of age; undefined where it is one. Never repeats it: it may be a secret that was mistaken for one. */
function whyNoRecipient(text: string): string | undefined {
  if (/age-secret-key/i.test(text))
    return 'a secret key stands here: take it out, make a new pair, and name the public key, age1…, alone'
  const key = bech32.decodeUnsafe(text, false)
  const bytes = key === undefined ? undefined : bech32.fromWordsUnsafe(key.words)
  if (key !== undefined && bytes !== undefined && KEYS[key.prefix] === bytes.length) return undefined
  return 'a public key of age, such as `age-keygen` prints: age1… or age1pq1…'
}

/** Who alone can read archives: public keys of age, each once. */
export const recipientsSchema = z
  .array(
    z.string().superRefine((text, context) => {
      const message = whyNoRecipient(text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    }),
  )
  .min(1)
  .max(MOST_RECIPIENTS)
  .refine((keys) => new Set(keys).size === keys.length, 'each public key once')
