import { expect, it } from 'vitest'
import { hostOf } from '../../src/text/host-of.js'

it.each([
  'https://good.example/health',
  'https://good.example:8443',
  'http://127.0.0.1:9/',
  'http://[::1]:9464/metrics',
  'https://user:secret@good.example/x',
  'https://good.example@evil.example/x',
  'https://a@good.example@evil.example/x',
  String.raw`https://evil.example\@good.example/x`,
  String.raw`https:\\evil.example\@good.example`,
  'https://evil.example/@good.example',
  'https://evil.example?@good.example',
  'https://evil.example#@good.example',
  'https://evil.exa\nmple\t/@good.example',
  'https://good.example\n@evil.example/',
])('of %j the host is shown that is asked', (url) => {
  expect(hostOf(url)).toBe(new URL(url).host)
})

it.each(['good.example/health', 'file:x', ''])('%j is shown whole: it names no host', (text) => {
  expect(hostOf(text)).toBe(text)
})

it.each(['https:evil.example/@good.example', 'https:/evil.example', ' https://evil.example/@good.example'])(
  '%j, which is read as an address all the same, is shown whole',
  (url) => {
    expect(new URL(url).host).toBe('evil.example')
    expect(hostOf(url)).toBe(url)
  },
)
