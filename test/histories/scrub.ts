/**
 * A copy of a history in which the words of the machine that recorded it are replaced, in plain texts and inside of
 * payloads (base64 of JSON). A replay compares commands, never what is in the payloads.
 */
export function scrub(value: unknown, words: readonly [string, string][]): unknown {
  if (typeof value === 'string') return neutral(value, words)
  if (Array.isArray(value)) return value.map((item: unknown) => scrub(item, words))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const isPayload = 'metadata' in value && 'data' in value && typeof value.data === 'string'
  return Object.fromEntries(
    entries.map(([key, item]: [string, unknown]) => {
      if (isPayload && key === 'data') return [key, neutralPayload(String(item), words)]
      return [key, scrub(item, words)]
    }),
  )
}

function neutralPayload(data: string, words: readonly [string, string][]): string {
  const text = Buffer.from(data, 'base64').toString('utf8')
  return Buffer.from(neutral(text, words), 'utf8').toString('base64')
}

function neutral(text: string, words: readonly [string, string][]): string {
  return words.reduce((done, [word, instead]) => done.replaceAll(word, instead), text)
}
