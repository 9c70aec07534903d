import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Invitations } from '../../src/console/invitations.js'
import { isConsoleOf } from '../../src/console/neighbour.js'
import { serveConsole } from '../../src/console/serve.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { ownCertificate } from './own-certificate.js'
import { TestBrowser } from './test-browser.js'

const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-console-'))
const tls = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') }
const own = ownCertificate('localhost')
const origin = 'https://localhost:7433'
const ada = newPasskey({ origin })
const invitations = new Invitations(folder)
const console = {
  ...{ port: 0, host: '127.0.0.1', origin, timeZone: 'UTC', invitations },
  people: [{ name: 'Ada', roles: [], publicKeys: [ada.publicKey] }],
}
let serving: Awaited<ReturnType<typeof serveConsole>>
let port: number

beforeAll(async () => {
  writeFileSync(tls.cert, own.cert)
  writeFileSync(tls.key, own.key)
  serving = await serveConsole({ ...console, tls })
  port = Number(new URL(serving.url).port)
})
afterAll(async () => {
  await serving.close()
  rmSync(folder, { recursive: true, force: true })
})

/** As a browser that trusts the certificate of `ca`, or one of those that it came with. */
function ask(to: string, init: RequestInit = {}, more: RequestOptions = { ca: own.cert }): Promise<Response> {
  const { pathname, search } = new URL(to, origin)
  const body = init.body instanceof URLSearchParams ? init.body.toString() : undefined
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, servername: 'localhost', path: `${pathname}${search}` },
        method: init.method ?? 'GET',
        headers: {
          ...(init.headers as Record<string, string>),
          host: new URL(origin).host,
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...more,
      },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.once('error', reject).once('end', () => {
          const headers = new Headers()
          for (let at = 0; at < answer.rawHeaders.length; at += 2)
            headers.append(answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '')
          resolve(new Response(Buffer.concat(parts), { status: answer.statusCode ?? 0, headers }))
        })
      },
    )
    sent.once('error', reject).end(body)
  })
}

describe('with a certificate of its own', () => {
  test('the console is served by HTTPS, and its session is a cookie for that alone', async () => {
    expect(serving.origin).toBe(origin)
    const page = await ask('/sign-in')
    expect(page.status).toBe(200)
    expect(page.headers.get('strict-transport-security')).toBe('max-age=31536000')
    expect(await page.text()).toContain('data-rp="localhost"')

    const cookies: string[] = []
    const browser = new TestBrowser(async (to, init) => {
      const answer = await ask(to, init)
      cookies.push(...answer.headers.getSetCookie())
      return answer
    }, origin)
    await browser.signIn(ada)
    expect(cookies).toEqual([
      expect.stringMatching(/^__Host-d1-runbook=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
    ])
    // There is no page of runs here, and whoever is signed in is led to none.
    expect((await browser.get('/')).status).toBe(404)
    expect((await ask('/')).status).toBe(303)
  })

  test('nobody who asks in the clear is answered, and nobody else is taken for it', async () => {
    const inTheClear = await new Promise<string>((resolve) => {
      plainRequest({ host: '127.0.0.1', port, path: '/sign-in' }, (answer) =>
        resolve(`answered ${answer.statusCode}`),
      )
        .once('error', ({ message }) => resolve(message))
        .end()
    })
    expect(inTheClear).not.toContain('answered')
    await expect(ask('/sign-in', {}, {})).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    await expect(ask('/sign-in', {}, { ca: own.cert, maxVersion: 'TLSv1.1' })).rejects.toThrow()
  })

  test('enroll finds it, whoever made the certificate', async () => {
    const at = { port, host: '127.0.0.1', origin, tls }
    expect(await isConsoleOf(invitations, at)).toBe(true)
    expect(await isConsoleOf(new Invitations(path.join(folder, 'another')), at)).toBe(false)
  })

  test.each<[string, () => { cert: string; key: string }, RegExp]>([
    [
      'a certificate that is not there',
      () => ({ ...tls, cert: path.join(folder, 'none.pem') }),
      /--tls-cert cannot be read/,
    ],
    [
      'a key that is not there',
      () => ({ ...tls, key: path.join(folder, 'none.pem') }),
      /--tls-key cannot be read/,
    ],
    ['files that are changed over', () => ({ cert: tls.key, key: tls.cert }), /--tls-cert and --tls-key/],
    [
      'the key of another certificate',
      () => {
        const key = path.join(folder, 'other.pem')
        writeFileSync(key, ownCertificate('localhost').key)
        return { ...tls, key }
      },
      /--tls-cert and --tls-key/,
    ],
  ])('%s is refused in a sentence', async (_what, files, said) => {
    await expect(serveConsole({ ...console, tls: files() })).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringMatching(said),
    })
  })
})
