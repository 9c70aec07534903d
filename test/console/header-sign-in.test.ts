import { generateKeyPair, UnsecuredJWT } from 'jose'
import { createPublicKey, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { headerReader, type HeaderSignIn } from '../../src/console/header-sign-in.js'
import type { ConsoleRuns } from '../../src/console/runs.js'
import type { Person } from '../../src/contract/policy.js'
import { gateOf } from '../../src/workflows/gates.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { startIssuer, type TestIssuer } from './issuer.js'
import { formIn } from './test-browser.js'
import { AT, openConsole, ORIGIN, QUERY } from './test-console.js'

const HEADER = 'Cf-Access-Jwt-Assertion'
const NOW = Date.parse(AT)
const SUBJECT: Partial<HeaderSignIn> = { claim: 'sub', people: { 'user-1': 'Ada' } }

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer({ now: () => NOW })
})
afterAll(() => issuer.close())

function behindProxy({
  by = issuer,
  runs = {},
  everybody = [],
  ...more
}: Partial<HeaderSignIn> & { by?: TestIssuer; runs?: Partial<ConsoleRuns>; everybody?: Person[] } = {}) {
  const signIn: HeaderSignIn = {
    ...{ header: HEADER, issuer: by.issuer, audience: by.audience, keys: by.keys },
    ...{ algorithms: ['RS256', 'ES256'], claim: 'email', people: { 'ada@example.com': 'ada' } },
    ...more,
  }
  const opened = openConsole({ options: { signIn }, more: runs, people: everybody })
  const ask = (path: string, headers: Record<string, string> | [string, string][] = {}) =>
    opened.app.request(`${ORIGIN}${path}`, { headers, redirect: 'manual' })
  /** What a page answers to a header, or why the page to sign in says that it does not. */
  const answerTo = async (value: string): Promise<string> => {
    const page = await ask('/', { [HEADER]: value })
    if (page.status === 200) return page.text()
    expect(page.status).toBe(303)
    const signInPage = await (await ask('/sign-in', { [HEADER]: value })).text()
    expect(signInPage).not.toContain('art-archive')
    return /The proxy’s word is not taken: ([^<]*)\./.exec(signInPage)?.[1] ?? 'nothing said'
  }
  return { ...opened, ask, answerTo }
}

describe('a header that a proxy sets', () => {
  test('lets in whom its token names, and nobody without it', async () => {
    const { ask, answerTo } = behindProxy()
    const page = await answerTo(await issuer.token())
    expect(page).toContain('<h1>Inbox</h1>')
    expect(page).toContain('<span class="who">Ada</span>')
    // Nothing here could sign them out.
    expect(page).not.toContain('Sign out')
    expect((await ask('/')).status).toBe(303)
    expect((await ask('/', { 'Cf-Access-Authenticated-User-Email': 'ada@example.com' })).status).toBe(303)
    expect((await ask('/', { 'X-Forwarded-Email': 'ada@example.com' })).status).toBe(303)
  })

  test('sets no cookie, and its token in a cookie is none', async () => {
    const { ask } = behindProxy()
    const token = await issuer.token()
    const page = await ask('/', { [HEADER]: token })
    expect(page.headers.get('set-cookie')).toBeNull()
    expect((await ask('/', { cookie: `d1-runbook=${token}` })).status).toBe(303)
    expect((await ask('/', { cookie: `CF_Authorization=${token}` })).status).toBe(303)
  })

  test.each<[string, Partial<HeaderSignIn>, Record<string, unknown>]>([
    ['capitals of an address', {}, { email: 'Ada@Example.com' }],
    ['its subject', SUBJECT, {}],
    ['one of several audiences', {}, { aud: ['another', 'f00d'.repeat(16)] }],
    ['an address that its issuer has verified', {}, { email_verified: true }],
    ['an address that it says so of in a word, as Apple does', {}, { email_verified: 'true' }],
    ['its subject, whatever is said of an address', SUBJECT, { email_verified: false }],
  ])('knows people by %s', async (_what, more, claims) => {
    expect(await behindProxy(more).answerTo(await issuer.token(claims))).toContain('<h1>Inbox</h1>')
  })

  test('may be the header of an OIDC proxy', async () => {
    const { ask } = behindProxy({ header: 'Authorization' })
    expect((await ask('/', { authorization: `Bearer ${await issuer.token()}` })).status).toBe(200)
    expect((await ask('/', { authorization: `Basic ${btoa('ada:x')}` })).status).toBe(303)
  })

  test('is as good as its token: no longer, and no live page longer', async () => {
    const { ask, clock } = behindProxy()
    const headers = { [HEADER]: await issuer.token({}, { expires: 600 }) }
    expect((await ask('/', headers)).status).toBe(200)
    clock.at += 605_000
    // Clocks may differ by ten seconds.
    expect((await ask('/', headers)).status).toBe(200)
    clock.at += 10_000
    expect((await ask('/', headers)).status).toBe(303)
    expect((await ask(`/events?${QUERY}`, headers)).status).toBe(303)
  })

  test('a person has twenty live pages, by whatever tokens', async () => {
    const over = new AbortController()
    const opened = behindProxy({
      runs: {
        async *follow(_run, { signal }) {
          const ends = [over.signal, signal].map((one) => once(one, 'abort'))
          await Promise.race(ends)
          yield* []
        },
      },
      people: { 'ada@example.com': 'Ada', 'bea@example.com': 'Bea' },
      everybody: [{ name: 'Bea', roles: [], publicKeys: [] }],
    })
    const live = async (claims: object) =>
      opened.ask(`/events?${QUERY}`, { [HEADER]: await issuer.token({ jti: randomUUID(), ...claims }) })
    const open: Response[] = []
    for (let count = 0; count < 20; count += 1) open.push(await live({}))
    expect(open.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect((await live({})).status).toBe(503)
    expect((await live({ email: 'bea@example.com' })).status).toBe(200)
    over.abort()
    await Promise.all(open.map((page) => page.text()))
    expect((await live({})).status).toBe(200)
  })

  test('ends a live page with its token', async () => {
    const opened = behindProxy({
      runs: {
        async *follow() {
          yield await Promise.resolve(opened.view)
          opened.clock.at += 3_600_000
          yield opened.view
          throw new Error('nobody asks for more')
        },
      },
    })
    const live = await opened.ask(`/events?${QUERY}`, { [HEADER]: await issuer.token() })
    expect((await live.text()).match(/^event: \w+/gm)).toEqual(['event: run'])
  })

  test('leaves a passkey its own session: who signed in with it stays who they are', async () => {
    const bea = newPasskey()
    const opened = openConsole({
      people: [{ name: 'Bea', roles: [], publicKeys: [bea.publicKey] }],
      options: {
        signIn: {
          ...{ header: HEADER, issuer: issuer.issuer, audience: issuer.audience, keys: issuer.keys },
          ...{ algorithms: ['RS256'], claim: 'email', people: { 'ada@example.com': 'Ada' } },
        },
      },
    })
    await opened.browser.signIn(bea)
    const page = await opened.app.request(`${ORIGIN}/`, {
      headers: { cookie: opened.browser.cookie, [HEADER]: await issuer.token() },
    })
    expect(await page.text()).toContain('<span class="who">Bea</span>')
  })
})

describe('signed in by a header, a decision', () => {
  test('is asked of a passkey all the same, and counts for nothing without it', async () => {
    const { app, ask, ada, state } = behindProxy()
    const headers = { [HEADER]: await issuer.token() }
    const at = `/decide?${QUERY}&gate=plan`
    const page = await (await ask(at, headers)).text()
    const { fields } = formIn(page)
    const send = (more: object) =>
      app.request(`${ORIGIN}${at}`, {
        method: 'POST',
        headers: { ...headers, origin: ORIGIN },
        body: new URLSearchParams({ ...fields, decision: 'approve', ...more }),
      })
    expect((await send({})).status).toBe(409)
    expect((await send({ actor: 'Ada', by: 'passkey' })).status).toBe(409)
    expect((await send(ada.get('AAAA'))).status).toBe(409)
    expect(gateOf(state, 'plan')).toMatchObject({ state: 'open', decisions: [] })
  })

  test('from a page of another site is refused, though the header comes along', async () => {
    const { app } = behindProxy()
    const asked = await app.request(`${ORIGIN}/decide?${QUERY}&gate=plan`, {
      method: 'POST',
      headers: { [HEADER]: await issuer.token(), origin: 'https://evil.example' },
      body: new URLSearchParams({ decision: 'approve' }),
    })
    expect(asked.status).toBe(403)
  })
})

describe('a token that is not what it should be lets nobody in', () => {
  const other = generateKeyPair('RS256')
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  test.each<[string, () => Promise<string> | string, RegExp]>([
    [
      'without a signature (alg none)',
      () =>
        new UnsecuredJWT({ email: 'ada@example.com' })
          .setIssuer(issuer.issuer)
          .setAudience(issuer.audience)
          .setExpirationTime(Math.floor(NOW / 1_000) + 600)
          .encode(),
      /not one token/,
    ],
    [
      'alg none, with a signature of another token',
      async () => {
        const [, body, signature] = (await issuer.token()).split('.')
        return [part({ alg: 'none', kid: 'key-1' }), body, signature].join('.')
      },
      /signed in a way/,
    ],
    [
      'the public key, taken for a secret (HS256)',
      async () => {
        const key = createPublicKey({ key: (await issuer.publicKey()) as never, format: 'jwk' })
        const pem = key.export({ type: 'spki', format: 'pem' }).toString()
        return issuer.token({}, { alg: 'HS256', key: new TextEncoder().encode(pem) })
      },
      /signed in a way/,
    ],
    [
      'a key of somebody else under its ID',
      async () => issuer.token({}, { key: (await other).privateKey }),
      /signature/,
    ],
    [
      'a key of its own, in its own header',
      async () => {
        const [head, body, signature] = (await issuer.token({}, { key: (await other).privateKey })).split('.')
        const read = JSON.parse(Buffer.from(head ?? '', 'base64url').toString()) as object
        return [
          part({ ...read, jwk: await issuer.publicKey(), jku: 'https://evil.example/keys' }),
          body,
          signature,
        ].join('.')
      },
      /signature/,
    ],
    ['another audience', () => issuer.token({ aud: ['another application'] }), /: aud is missing or another/],
    ['no audience', () => issuer.token({ aud: undefined } as never), /: aud is missing/],
    [
      'another issuer',
      () => issuer.token({ iss: 'https://evil.cloudflareaccess.com' }),
      /: iss is missing or another/,
    ],
    [
      'an issuer that begins alike',
      () => issuer.token({ iss: 'https://team.cloudflareaccess.com.evil.example' }),
      /: iss/,
    ],
    ['a time that is over', () => issuer.token({}, { expires: -60 }), /has expired/],
    ['no end', () => issuer.token({}, { expires: null }), /: exp is missing/],
    ['a beginning that is ahead', () => issuer.token({ nbf: Math.floor(NOW / 1_000) + 600 }), /: nbf/],
    [
      'another body under its signature',
      async () => {
        const [head, , signature] = (await issuer.token({ email: 'eve@example.com' })).split('.')
        const [, body] = (await issuer.token()).split('.')
        return [head, body, signature].join('.')
      },
      /signature/,
    ],
    [
      'nobody of the configuration',
      () => issuer.token({ email: 'eve@example.com' }),
      /eve@example\.com is nobody/,
    ],
    ['a name that every object has', () => issuer.token({ email: 'constructor' }), /constructor is nobody/],
    ['an address that looks alike', () => issuer.token({ email: 'ad\u0430@example.com' }), /is nobody/],
    [
      'a letter that becomes small as another does',
      () => issuer.token({ email: 'ada@example.co\u212A' }),
      /is nobody/,
    ],
    [
      'no address, as a service has',
      () => issuer.token({ email: undefined, common_name: 'service' }),
      /has no email/,
    ],
    ['a list of addresses', () => issuer.token({ email: ['ada@example.com'] }), /has no email/],
    ...[false, 'false', 'False', 'no', '', 0, 1, null, [], {}, 'True', ['true']].map(
      (said): [string, () => Promise<string>, RegExp] => [
        `an address of which its issuer says: verified ${JSON.stringify(said)}`,
        () => issuer.token({ email_verified: said }),
        /has not verified/,
      ],
    ),
    [
      'two tokens, as of a header that came twice',
      async () => `${await issuer.token()}, ${await issuer.token()}`,
      /not one token/,
    ],
    ['a good token behind nothing', async () => `, ${await issuer.token()}`, /not one token/],
    ['a kilobyte too many', () => issuer.token({ more: 'x'.repeat(9_000) }), /not one token/],
    ['no token at all', () => 'ada@example.com', /not one token/],
    ['three parts of nothing', () => 'a.b.c', /none that can be read/],
  ])('%s', async (_what, made, said) => {
    expect(await behindProxy().answerTo(await made())).toMatch(said)
  })

  test('a claim of two people lets in neither, and one of nobody in `people` neither', async () => {
    const two = { 'ada@example.com': 'Ada', 'Ada@example.com': 'Bea' }
    expect(await behindProxy({ people: two }).answerTo(await issuer.token())).toMatch(/is two people/)
    const gone = { 'ada@example.com': 'Zoe' }
    expect(await behindProxy({ people: gone }).answerTo(await issuer.token())).toMatch(/is nobody/)
  })

  test('the header twice, in two lines', async () => {
    const { ask } = behindProxy()
    const [mine, theirs] = [await issuer.token({ email: 'eve@example.com' }), await issuer.token()]
    expect(
      (
        await ask('/', [
          [HEADER, mine],
          [HEADER, theirs],
        ])
      ).status,
    ).toBe(303)
    expect(
      (
        await ask('/', [
          [HEADER, theirs],
          [HEADER, theirs],
        ])
      ).status,
    ).toBe(303)
  })
})

describe('the keys of the issuer', () => {
  test('are fetched once for many, and again for a new one, but not for each that nobody knows', async () => {
    const own = await startIssuer({ now: () => NOW })
    try {
      const { answerTo } = behindProxy({ by: own })
      const token = await own.token()
      await Promise.all(Array.from({ length: 20 }, () => answerTo(token)))
      expect(own.asked()).toBe(1)
      // A flood of tokens that name keys which nobody has.
      for (let count = 0; count < 50; count += 1)
        expect(await answerTo(await own.token({}, { kid: `unknown-${count}` }))).toMatch(
          /no key of the issuer/,
        )
      expect(own.asked()).toBe(1)
      expect(await answerTo(token)).toContain('<h1>Inbox</h1>')
    } finally {
      await own.close()
    }
  })

  test('that come in the place of others are fetched for the first token of them', async () => {
    const own = await startIssuer({ now: () => NOW })
    try {
      const token = await own.token()
      const first = behindProxy({ by: own })
      expect(await first.answerTo(token)).toContain('<h1>Inbox</h1>')
      await own.rotate()
      const renewed = await own.token()
      // Within the half minute in which no second fetch is made, a key that came since is none yet.
      expect(await first.answerTo(renewed)).toMatch(/no key of the issuer/)
      const later = behindProxy({ by: own })
      expect(await later.answerTo(renewed)).toContain('<h1>Inbox</h1>')
      expect(await later.answerTo(token)).toMatch(/no key of the issuer/)
    } finally {
      await own.close()
    }
  })

  test.each<[string, Parameters<TestIssuer['answer']>[0]]>([
    ['an error', { status: 500 }],
    ['a page to another place', { status: 302 }],
    ['no JSON', { body: '<html>' }],
    ['no keys', { body: '{"keys":{}}' }],
  ])('that are %s let nobody in, and are not asked for at each try', async (_what, answer) => {
    const own = await startIssuer({ now: () => NOW })
    try {
      own.answer(answer)
      const { answerTo, browser, ada } = behindProxy({ by: own })
      const token = await own.token()
      for (let count = 0; count < 10; count += 1)
        expect(await answerTo(token)).toMatch(/no key that fits could be had/)
      expect(own.asked()).toBe(1)
      // A passkey lets in all the same.
      expect((await browser.signIn(ada)).html).toContain('<h1>Inbox</h1>')
    } finally {
      await own.close()
    }
  })

  test('that do not come at all are not waited for', async () => {
    const own = await startIssuer({ now: () => NOW })
    try {
      own.answer({ silent: true })
      const signIn = { header: HEADER, issuer: own.issuer, audience: own.audience, keys: own.keys }
      const read = headerReader(
        { ...signIn, algorithms: ['RS256'], claim: 'email', people: { 'ada@example.com': 'Ada' } },
        { people: [{ name: 'Ada', roles: [], publicKeys: [] }], now: () => NOW, timeoutMs: 50 },
      )
      expect(await read(await own.token())).toEqual({ problem: expect.stringContaining('no key that fits') })
    } finally {
      await own.close()
    }
  })
})
