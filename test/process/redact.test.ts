import { expect, test } from 'vitest'
import { redact } from '../../src/process/redact.js'

const env = { CLOUDFLARE_API_TOKEN: 'secret', CF_API_KEY: 'k-1234567890', TEMPORAL_API_KEY: 'token' }
const AGE = 'AGE-SECRET-KEY-1WL7RA266AQH8KD8RTMZTLS886T2KRTHN29XL7DD57GSQL33RGFMSRJ8LJY'

test.each<[string, string, string]>([
  [
    'a shape whose words are a known value',
    `found "${AGE.toLowerCase()}", so`,
    'found "[secret key of age]", so',
  ],
  ['the same in capitals', `found "${AGE}"`, 'found "[secret key of age]"'],
  ['a name that is a known value', 'token=abcdefghijkl0123', '[secret]=[secret]'],
  ['an address whose part is one', 'https://x/?token=abc&a=1', 'https://x/?[secret]=[secret]&a=1'],
  ['a known value within a shape', 'Bearer xx-k-1234567890-yy', 'Bearer [secret]'],
  ['a known value that reaches out of a shape', 'key: aaaaaaaa=k-1234567890', 'key: [secret]'],
  ['a known value twice', 'k-1234567890k-1234567890', '[secret][secret]'],
  ['a known value in Base64', Buffer.from('k-1234567890').toString('base64'), '[secret]'],
])('%s is left out', (_, text, clean) => {
  expect(redact(text, env)).toBe(clean)
})

test.each([
  'a key of a table: id',
  'Bearer of news',
  'https://example.com/?signed=1&page=2',
  'the age of the archive',
  'k-123456789',
])('nothing is left out of: %s', (text) => {
  expect(redact(text, env)).toBe(text)
})
