import { request } from 'node:http'

/** Headers `Host` that a browser sends for a page whose name leads to our address (DNS rebinding), or that try to look like a name of ours. */
export const FORGED_HOSTS = [
  'evil.example',
  'evil.example:9464',
  'localhost.evil.example',
  '127.0.0.1.evil.example:9464',
  '127.0.0.1@evil.example',
  'evil.example#localhost',
  '[evil.example]',
  '[::1].evil.example',
  'notlocalhost',
  '0x7f000001',
]

/** How people and machines ask who mean this server. */
export const OWN_HOSTS = [
  ...[
    '127.0.0.1',
    '127.0.0.1:9464',
    'localhost',
    'LocalHost:9464',
    'localhost.',
    'ui.localhost',
    '[::1]:9464',
  ],
  '10.1.2.3:9464',
]

/** The status of a request that says it is for `host`: `fetch` lets nobody say that. */
export function statusFor(
  url: string,
  host: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<number> {
  const { method = 'GET', headers } = options
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: { ...headers, host }, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })
}
