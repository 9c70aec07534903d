import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { INVITATION_MS, Invitations, type Made } from '../../src/console/invitations.js'
import { runsOf, type ConsoleRuns } from '../../src/console/runs.js'
import { originOf } from '../../src/console/serve.js'
import { RunbookError } from '../../src/contract/failures.js'
import { authenticatorOf, authenticatorText, readNewPasskey } from '../../src/runbook/people/new-passkey.js'
import { passkeyLine, readPasskey, type PasskeyType } from '../../src/runbook/people/passkey.js'
import { gateOf, openGate } from '../../src/workflows/gates.js'
import { newRunView } from '../../src/workflows/state.js'
import { newPasskey, type TestPasskey } from '../runbook/people/passkeys.js'
import { requestFor } from '../workflows/request.js'
import { formIn } from './test-browser.js'
import { AT, ODD, openConsole, ORIGIN, QUERY, RUN, signedIn } from './test-console.js'

const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-console-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('who gets in', () => {
  test('nobody reads a run without signing in, and is led where they wanted to go afterwards', async () => {
    const { browser, ada } = openConsole()
    for (const page of [
      '/',
      '/runs',
      `/run?${QUERY}`,
      `/plan?${QUERY}`,
      `/report?${QUERY}`,
      `/events?${QUERY}`,
      `/decide?${QUERY}&gate=plan`,
    ]) {
      const { html } = await browser.get(page)
      expect(html).toContain('<h1>Sign in</h1>')
      expect(html).not.toContain('art-archive')
    }
    const { html } = await browser.signIn(ada, { to: `/run?${QUERY}` })
    expect(html).toContain('Migration of art-archive')
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/sign-in',
    '/a b',
  ])('nobody is led to %s', async (to) => {
    const { browser, ada } = openConsole()
    expect(formIn((await browser.get(`/sign-in?to=${encodeURIComponent(to)}`)).html).fields['to']).toBe('/')
    expect((await browser.signIn(ada, { to })).html).toContain('<h1>Inbox</h1>')
  })

  test('a session is a cookie that no script and no other site can use, and ends', async () => {
    const { app, browser, ada, clock } = openConsole()
    const form = formIn((await browser.get('/sign-in')).html)
    const body = new URLSearchParams({ ...form.fields, ...ada.get(form.fields['challenge'] ?? '') })
    const answer = await app.request(`${ORIGIN}/sign-in`, {
      method: 'POST',
      body,
      headers: { origin: ORIGIN },
    })
    expect(answer.headers.get('set-cookie')).toMatch(
      /^d1-runbook=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    await browser.signIn(ada)
    clock.at += 3 * 3_600_000
    expect((await browser.get('/')).html).toContain('<h1>Sign in</h1>')
    await browser.signIn(ada)
    const { cookie } = browser
    await browser.post('/sign-out', {})
    browser.cookie = cookie
    expect((await browser.get('/')).html).toContain('<h1>Sign in</h1>')
  })

  const mallory = newPasskey()
  test.each<[string, (ada: TestPasskey, challenge: string) => object]>([
    ['a passkey of nobody', (_ada, challenge) => mallory.get(challenge)],
    [
      "a passkey of one's own under Ada's ID",
      ({ credentialId }, challenge) => ({ ...mallory.get(challenge), credentialId }),
    ],
    ['one that knew nobody', (ada, challenge) => ada.get(challenge, { flags: 0x01 })],
    ['another page', (ada, challenge) => ada.get(challenge, { origin: 'http://localhost:1' })],
    ['a challenge of their own', (ada) => ({ ...ada.get('AAAA'), challenge: 'AAAA' })],
    ['nothing', () => ({})],
  ])('%s lets nobody in', async (_what, answer) => {
    const { browser, ada } = openConsole()
    const { fields, action } = formIn((await browser.get('/sign-in')).html)
    const page = await browser.post(action, { ...fields, ...answer(ada, fields['challenge'] ?? '') })
    expect(page).toMatchObject({ status: 403, html: expect.stringContaining('<h1>Sign in</h1>') })
    expect(browser.cookie).toBe('')
  })

  test('a challenge is good once, and for five minutes', async () => {
    const { browser, ada, clock } = openConsole()
    const { fields, action } = formIn((await browser.get('/sign-in')).html)
    const sent = { ...fields, ...ada.get(fields['challenge'] ?? '') }
    await browser.post(action, sent)
    expect((await browser.post(action, sent)).status).toBe(403)
    const late = formIn((await browser.get('/sign-in')).html).fields
    clock.at += 6 * 60_000
    expect((await browser.post(action, { ...late, ...ada.get(late['challenge'] ?? '') })).status).toBe(403)
  })

  test('asking for pages without end takes nothing from who signs in, nor does signing in', async () => {
    const { app, browser, ada } = openConsole()
    const { fields, action } = formIn((await browser.get('/sign-in')).html)
    for (let asked = 0; asked < 2_100; asked += 1) await app.request(`${ORIGIN}/sign-in`)
    const sent = { ...fields, ...ada.get(fields['challenge'] ?? '') }
    expect((await browser.post(action, sent)).status).toBe(200)
    for (let times = 0; times < 12; times += 1) expect((await browser.signIn(ada)).status).toBe(200)
  })

  test('a challenge that was changed, or is one for making a passkey, is none for signing in', async () => {
    const { browser, ada } = openConsole({ folder })
    const { token } = await new Invitations(folder).invite('Ada')
    const { fields, action } = formIn((await browser.get('/sign-in')).html)
    const own = fields['challenge'] ?? ''
    for (const challenge of [
      `${own.startsWith('A') ? 'B' : 'A'}${own.slice(1)}`,
      `${own}A`,
      own.slice(0, -1),
      formIn((await browser.get(`/enroll/${token}`)).html).fields['challenge'] ?? '',
    ])
      expect((await browser.post(action, { ...fields, challenge, ...ada.get(challenge) })).status).toBe(403)
  })

  test('a passkey in the lines of two people lets in neither', async () => {
    const shared = newPasskey()
    const { browser } = openConsole({
      people: ['Bea', 'Cy'].map((name) => ({ name, roles: [], publicKeys: [shared.publicKey] })),
    })
    expect((await browser.signIn(shared)).status).toBe(403)
  })

  test('who tries without end is stopped for a minute, and nobody else', async () => {
    const { browser, ada, who, clock } = openConsole()
    for (let tries = 0; tries < 10; tries += 1) expect((await browser.signIn(mallory)).status).toBe(403)
    expect((await browser.signIn(ada)).status).toBe(429)
    who.address = '127.0.0.2'
    expect((await browser.signIn(ada)).status).toBe(200)
    who.address = '127.0.0.1'
    clock.at += 60_000
    expect((await browser.signIn(ada)).status).toBe(200)
  })
})

describe('what another site can do', () => {
  test.each([
    {},
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `${ORIGIN}.evil.example` },
  ])('a form that it sends is refused: %j', async (headers) => {
    const { app, browser } = await signedIn()
    for (const to of ['/sign-in', '/sign-out', `/decide?${QUERY}&gate=plan`, '/enroll/x']) {
      const asked = {
        method: 'POST',
        body: new URLSearchParams({ decision: 'approve' }),
        headers: { cookie: browser.cookie, ...headers },
      }
      expect((await app.request(`${ORIGIN}${to}`, asked)).status).toBe(403)
    }
  })

  test('a page of it that asks behind the back of who looks at it gets nothing, and keeps nobody out', async () => {
    const { app, browser, ada } = openConsole()
    const ask = (to: string, site: string, mode: string, dest: string) =>
      app.request(`${ORIGIN}${to}`, {
        headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
      })
    for (const site of ['cross-site', 'same-site'])
      for (const [mode, dest] of [
        ['no-cors', 'image'],
        ['cors', 'empty'],
        ['navigate', 'iframe'],
        ['no-cors', 'script'],
      ] as const)
        for (const to of ['/sign-in', '/enroll/x', '/events', '/console.js'])
          expect((await ask(to, site, mode, dest)).status).toBe(403)
    for (const [site, mode, dest] of [
      ['cross-site', 'navigate', 'document'],
      ['none', 'navigate', 'document'],
      ['same-origin', 'cors', 'empty'],
    ] as const)
      expect((await ask('/sign-in', site, mode, dest)).status).toBe(200)
    // A link that is followed may still be a guess: those have a limit of their own.
    for (let tries = 0; tries < 10; tries += 1)
      expect((await ask('/enroll/x', 'cross-site', 'navigate', 'document')).status).toBe(410)
    expect((await ask('/enroll/x', 'cross-site', 'navigate', 'document')).status).toBe(429)
    expect((await browser.signIn(ada)).status).toBe(200)
  })

  test('under another name the console shows nothing', async () => {
    const { app } = openConsole()
    expect((await app.request('http://evil.example:7433/sign-in')).status).toBe(421)
    expect((await app.request('http://localhost:7434/sign-in')).status).toBe(421)
  })

  test('every page forbids scripts and styles that are not files of the console, frames, and being kept', async () => {
    const { browser } = await signedIn()
    for (const page of [
      '/',
      '/runs',
      `/run?${QUERY}`,
      `/plan?${QUERY}`,
      `/decide?${QUERY}&gate=plan`,
      '/sign-in',
      '/none',
      '/enroll/none',
    ]) {
      const { headers, html } = await browser.get(page)
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'.*frame-ancestors 'none'/,
      )
      expect(headers.get('cache-control')).toBe('no-store')
      // With no-referrer, browsers send `Origin: null` with our own forms, which we would refuse.
      expect(headers.get('referrer-policy')).toBe('same-origin')
      expect(html).not.toMatch(
        /<script(?! src="\/console\.js\?[0-9a-f]{16}" defer><)|<style|\sstyle=|\son\w+=/,
      )
    }
    const report = await browser.get(`/report?${QUERY}`)
    expect(report.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
  })

  test('a body without end, another method, and a run that is not there are answered, and tell nothing', async () => {
    const { app, browser } = await signedIn()
    expect((await browser.post('/sign-in', { challenge: 'x'.repeat(100_000) })).status).toBe(413)
    const cookie = { cookie: browser.cookie }
    expect((await app.request(`${ORIGIN}/`, { method: 'DELETE', headers: cookie })).status).toBe(405)
    expect((await browser.get('/run?workflow=x&run=y')).status).toBe(404)
    expect((await browser.get(`/decide?${QUERY}&gate=nonsense`)).status).toBe(404)
  })
})

test('a run that somebody watches is told as it changes, with who is silent, until it is over', async () => {
  const { browser, view } = await signedIn()
  view.message = ODD
  const { html, headers } = await browser.get(`/events?${QUERY}`)
  expect(headers.get('content-type')).toBe('text/event-stream')
  const events = html.split('\n\n').map((event) => /^event: (\w+)\ndata: (.*)$/.exec(event)?.slice(1) ?? [])
  expect(events.map(([name]) => name)).toEqual(['run', 'silence', 'silence', 'over', undefined])
  expect(events[1]).toEqual(['silence', 'Nobody answers.'])
  const { html: live, word } = JSON.parse(events[0]?.[1] ?? '') as { html: string; word: string }
  expect(live).toContain('&lt;script&gt;')
  expect(live).not.toMatch(/<script|<img/)
  expect(word).toContain('Under way')
})

describe('a live page', () => {
  const live = `/events?${QUERY}`
  /** Waits behind its first look until somebody ends it, as a run that stands at a gate. */
  const waiting: Partial<ConsoleRuns> = {
    async *follow(_run, { signal }) {
      yield newRunView(requestFor('db'), { ...RUN, startedAt: AT })
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
  }

  test('ends with the session: when its owner signs out', async () => {
    const { browser } = await signedIn({ more: waiting })
    const events = browser.get(live)
    await browser.post('/sign-out', {})
    expect((await events).html).not.toContain('event: over')
  })

  test('shows nothing of a session that has ended, and keeps none open', async () => {
    const { browser, clock } = await signedIn({
      more: {
        async *follow() {
          await Promise.resolve()
          yield newRunView(requestFor('db'), { ...RUN, startedAt: AT })
          clock.at += 3 * 3_600_000
          yield newRunView(requestFor('db'), { ...RUN, startedAt: AT })
          throw new Error('nobody asks for more')
        },
      },
    })
    const { html } = await browser.get(live)
    expect(html.match(/^event: \w+/gm)).toEqual(['event: run'])
  })

  test('is no click: a session that only a live page asks by ends', async () => {
    const { browser, clock } = await signedIn()
    for (let hours = 0; hours < 3; hours += 1) {
      clock.at += 50 * 60_000
      await browser.get(live)
    }
    expect((await browser.get('/')).html).toContain('<h1>Sign in</h1>')
  })

  test('is one of twenty of a person, whatever else is free', async () => {
    const { browser } = await signedIn({ more: waiting })
    const open = Array.from({ length: 20 }, () => browser.get(live))
    expect((await browser.get(live)).status).toBe(503)
    await browser.post('/sign-out', {})
    await Promise.all(open)
  })
})

test('a name of any kind stands in every page as text', async () => {
  const { browser, view } = await signedIn({ name: ODD, requester: ODD })
  view.announcements.push({ kind: 'note', text: ODD, at: AT, dedupeId: '1', deliveries: [] })
  view.message = ODD
  const pages = [
    '/',
    '/runs',
    `/runs?database=${encodeURIComponent(ODD)}`,
    `/run?${QUERY}`,
    `/plan?${QUERY}`,
    `/report?${QUERY}`,
    `/decide?${QUERY}&gate=plan`,
    `/sign-in?to=${encodeURIComponent(ODD)}`,
  ]
  for (const page of pages) {
    const { html } = await browser.get(page)
    expect(html).not.toMatch(/<script>|<img|[\u001B\u202E]/)
    if (page !== pages.at(-1)) expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  }
})

describe('a decision', () => {
  const at = `/decide?${QUERY}&gate=plan`

  test('is signed by the passkey, for what stood in the page, and counts', async () => {
    const { browser, ada, state } = await signedIn()
    const page = await browser.get(at)
    expect(page.html).toContain('Database: art-archive')
    const { html } = await browser.decide(page, ada, { decision: 'approve', comment: 'seen — “it”' })
    expect(html).toContain('Migration of art-archive')
    expect(gateOf(state, 'plan')).toMatchObject({
      state: 'approved',
      decisions: [{ actor: 'Ada', by: 'passkey', comment: 'seen — “it”' }],
    })
  })

  test('of what has changed since it was shown is refused, and the page shows the new', async () => {
    const { browser, ada, state } = await signedIn()
    const page = await browser.get(at)
    openGate(state, { gate: 'plan', shows: ['Database: art-archive', 'And a second file'], at: AT })
    const refused = await browser.decide(page, ada, { decision: 'approve' })
    expect(refused).toMatchObject({ status: 409, html: expect.stringContaining('And a second file') })
    expect(refused.html).toContain('look at it again')
    expect(gateOf(state, 'plan').decisions).toEqual([])
    await browser.decide(refused, ada, { decision: 'reject' })
    expect(gateOf(state, 'plan').state).toBe('rejected')
  })

  test('by the console itself, by another page or as somebody else counts for nothing', async () => {
    const { browser, ada, state } = await signedIn()
    const page = await browser.get(at)
    const { fields, action } = formIn(page.html)
    const tries = [
      await browser.post(action, { ...fields, decision: 'approve' }),
      await browser.post(action, { ...fields, decision: 'approve', ...ada.get('AAAA') }),
      await browser.post(action, { ...fields, decision: 'maybe' }),
      await browser.decide(page, mallory, { decision: 'approve' }),
      await browser.decide(page, ada, { decision: 'approve', how: { flags: 0x01 } }),
      await browser.decide(page, ada, { decision: 'approve', how: { origin: 'https://evil.example' } }),
    ]
    expect(tries.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409, 409])
    expect(gateOf(state, 'plan')).toMatchObject({ state: 'open', decisions: [] })
  })
  const mallory = newPasskey()

  test('is not offered to who may not take it', async () => {
    const bea = newPasskey()
    const { browser } = openConsole({ people: [{ name: 'Bea', roles: [], publicKeys: [bea.publicKey] }] })
    await browser.signIn(bea)
    const { html } = await browser.get(at)
    expect(html).toContain('You hold none of the roles')
    expect(html).not.toContain('<button value="approve">')
  })

  test('is not offered to whom the run does not know, and who asked for the run is told why they may only decline', async () => {
    const unknown = await signedIn()
    unknown.view.requireSignatures = true
    for (const gate of unknown.view.gates)
      if (gate.who !== undefined) gate.who = { ...gate.who, roles: [], people: [] }
    const { html } = await unknown.browser.get(at)
    expect(html).toContain('This run knows no key of yours')
    expect(html).not.toContain('<button value="')
    const own = await signedIn()
    for (const { who } of own.view.gates)
      for (const person of who?.people ?? []) person.excluded = 'requester'
    const page = await own.browser.get(at)
    expect(page.html).toContain('You may decline, and not approve:</strong> Ada requested this run.')
    expect(page.html).not.toContain('<button value="approve"')
  })
})

describe('a run that began before the passkey was known', () => {
  test('is no decision that the inbox offers, and told apart', async () => {
    const other = [
      {
        name: 'Ada',
        roles: ['dba'],
        publicKeys: [newPasskey({ origin: 'https://a.example', rpId: 'a.example' }).publicKey],
      },
    ]
    const { waiting } = await openConsole().runs.inbox({ actor: 'Ada' })
    const known = await signedIn()
    expect((await known.browser.get('/')).html).toContain('1 gate you may approve now')
    const { html } = await (
      await signedIn({
        more: {
          inbox: () =>
            Promise.resolve({ waiting: waiting.map((one) => ({ ...one, people: other })), unknown: [] }),
        },
      })
    ).browser.get('/')
    expect(html).not.toContain('you may approve now')
    expect(html).toContain('Nothing that you can decide here waits for you.')
    expect(html).toContain('know no passkey of yours for this console')
  })

  test('offers no decision, and says what is left', async () => {
    const { browser } = await signedIn({
      more: {
        peopleOf: () =>
          Promise.resolve([
            {
              name: 'Ada',
              roles: ['dba'],
              publicKeys: [newPasskey({ origin: 'http://localhost:1' }).publicKey],
            },
          ]),
      },
    })
    const { html } = await browser.get(`/decide?${QUERY}&gate=plan`)
    expect(html).toContain('No passkey of yours')
    expect(html).not.toContain('<button value=')
  })
})

describe('making a passkey', () => {
  const OTHER: Made = { publicKey: 'another', authenticator: { copies: 'none' } }

  test('of somebody in people ends with the line alone, and what the authenticator says of itself', async () => {
    const { browser } = openConsole({ folder })
    const { token } = await new Invitations(folder).invite('ada ')
    const { html } = await browser.enroll(`/enroll/${token}`, newPasskey())
    expect(html).toContain('Add\n      this line to')
    expect(html).not.toContain('&quot;roles&quot;')
    expect(html).toContain(
      'own word, which nothing proves: it does not say its model; the passkey is on one device',
    )
  })

  test('takes a link that is good once, and ends with a line that signs', async () => {
    const { browser } = openConsole({ folder })
    const invitations = new Invitations(folder)
    const { token, expiresAt } = await invitations.invite('Dan <dba>')
    const phone = newPasskey({ type: 'webauthn-ed25519' })
    const { html } = await browser.enroll(`/enroll/${token}`, phone)
    expect(html).toContain('Dan &lt;dba&gt;')
    const signal = new AbortController().signal
    const made = await invitations.made(token, { expiresAt, signal })
    expect(made?.publicKey).toBe(phone.publicKey.replace(/ test$/, ' Dan <dba>'))
    // Whoever is not in people yet has the whole entry to paste.
    expect(html).toContain('&quot;name&quot;: &quot;Dan &lt;dba&gt;&quot;')
    expect(html).toContain('&quot;roles&quot;: []')
    expect((await browser.get(`/enroll/${token}`)).status).toBe(410)
    expect(await invitations.use(token, OTHER)).toBe(false)
    // The link itself is nowhere: only its hash.
    const kept = () => readdirSync(path.join(folder, '.d1-runbook', 'enrolments'))
    expect(kept().join()).not.toContain(token)
    // Once whoever invited has the line, or has given up, nothing of it is left.
    const before = kept().length
    await invitations.end(token)
    expect(kept()).toHaveLength(before - 2)
    expect(await invitations.open(token)).toBeUndefined()
  })

  test('is refused once whoever invited is gone, however they ended, and what they left is swept away', async () => {
    const own = mkdtempSync(path.join(folder, 'own-'))
    const invitations = new Invitations(own)
    const { token, expiresAt } = await invitations.invite('Dan')
    const left = path.join(own, '.d1-runbook', 'enrolments')
    const [file = ''] = readdirSync(left)
    const silentFor = (ms: number) => utimesSync(path.join(left, file), new Date(), new Date(Date.now() - ms))
    silentFor(60_000)
    expect(await invitations.open(token)).toBeUndefined()
    // Whoever waits shows that they do.
    const stop = new AbortController()
    const waits = invitations.made(token, { expiresAt, signal: stop.signal })
    await expect.poll(() => invitations.open(token)).toMatchObject({ person: 'Dan' })
    stop.abort()
    expect(await waits).toBeUndefined()
    await invitations.end(token)
    expect(await invitations.use(token, OTHER)).toBe(false)
    expect(readdirSync(left)).toEqual([])
    await invitations.invite('Eve')
    const [lost = ''] = readdirSync(left)
    utimesSync(path.join(left, lost), new Date(), new Date(Date.now() - 2 * INVITATION_MS))
    await invitations.invite('Fay')
    expect(existsSync(path.join(left, lost))).toBe(false)
    expect(readdirSync(left)).toHaveLength(1)
  })

  test('is refused with a link that is none, and for another page', async () => {
    const { browser } = openConsole({ folder })
    expect((await browser.get('/enroll/..%2F..%2Fetc')).status).toBe(410)
    const { token } = await new Invitations(folder).invite('Dan')
    const elsewhere = newPasskey({ origin: 'http://localhost:1' })
    expect((await browser.enroll(`/enroll/${token}`, elsewhere)).status).toBe(400)
    expect(INVITATION_MS).toBeLessThanOrEqual(15 * 60_000)
  })

  test.each<[string, PasskeyType, number[]]>([
    ['beside the curve', 'webauthn-es256', [0x04, ...Array<number>(64).fill(0x11)]],
    ['of zeros', 'webauthn-es256', [0x04, ...Array<number>(64).fill(0)]],
    ['that any signature fits', 'webauthn-ed25519', [0x01, ...Array<number>(31).fill(0)]],
    ['that is no point', 'webauthn-ed25519', Array<number>(32).fill(0xff)],
  ])('a key %s (%s) is none, made or in a line', (_what, type, point) => {
    const { credentialId, create } = newPasskey({ type })
    const answer = create('AAAA')
    const data = Buffer.from(answer.authenticatorData, 'base64url')
    const at = 37 + 16 + 2 + 16 + 10
    if (type === 'webauthn-es256') {
      data.set(point.slice(1, 33), at)
      data.set(point.slice(33), at + 35)
    } else data.set(point, at)
    const asked = { rpId: 'localhost', origin: ORIGIN, challenge: Buffer.from('AAAA', 'base64url') }
    expect(readNewPasskey(answer, asked)).toMatchObject({ type })
    expect(readNewPasskey({ ...answer, authenticatorData: data.toString('base64url') }, asked)).toBe(
      'its key is no point of its curve that can sign',
    )
    const line = { type, point: Uint8Array.from(point), credentialId, rpId: 'localhost', origins: [ORIGIN] }
    expect(readPasskey(passkeyLine(line, ''))).toBeUndefined()
  })

  /** Made once by the virtual authenticator of Chromium 156; the challenge is 32 zeros. */
  const MADE = [
    {
      credentialId: 'Ia0BkpKj7kVRdu9shIqrCqbSw6RUJX87g1wD9Sbfrl0',
      authenticatorData:
        'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAICGtAZKSo-5FUXbvbISKqwqm0sOkVCV_O4NcA_Um365dpQECAyYgASFYINwZkySmQ7Sxa_rrvQRbLnfA47fW1zs1dRHZbjTd-AgoIlggl3_EwV0yb7L2IZ5P2cPwREHxgRModMBvscEcST1-w84',
      clientDataJSON:
        'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6NzQzMyIsImNyb3NzT3JpZ2luIjpmYWxzZSwib3RoZXJfa2V5c19jYW5fYmVfYWRkZWRfaGVyZSI6ImRvIG5vdCBjb21wYXJlIGNsaWVudERhdGFKU09OIGFnYWluc3QgYSB0ZW1wbGF0ZS4gU2VlIGh0dHBzOi8vZ29vLmdsL3lhYlBleCJ9',
      line: 'webauthn-es256 BNwZkySmQ7Sxa_rrvQRbLnfA47fW1zs1dRHZbjTd-Agol3_EwV0yb7L2IZ5P2cPwREHxgRModMBvscEcST1-w84',
    },
    {
      credentialId: 'jlgzGD1iTkesVYxlSi-AOZc--NsRteQvMT5LOG9OkdU',
      authenticatorData:
        'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAII5YMxg9Yk5HrFWMZUovgDmXPvjbEbXkLzE-SzhvTpHVpAEBAycgBiFYILsR9RWIAJevEVl6Dvd8uchfOr82SC9VtxATHkb6lF0R',
      clientDataJSON:
        'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6NzQzMyIsImNyb3NzT3JpZ2luIjpmYWxzZX0',
      line: 'webauthn-ed25519 uxH1FYgAl68RWXoO93y5yF86vzZIL1W3EBMeRvqUXRE',
    },
  ]
  test.each(MADE)('reads what a browser made: $line', ({ line, ...answer }) => {
    const asked = { rpId: 'localhost', origin: ORIGIN, challenge: new Uint8Array(32) }
    const made = readNewPasskey(answer, asked)
    if (typeof made === 'string') throw new Error(made)
    expect(passkeyLine(made, '')).toBe(`${line} id=${answer.credentialId} rp=localhost origin=${ORIGIN}`)
    expect(authenticatorOf(answer)).toEqual({ copies: 'none', model: '01020304-0506-0708-0102-030405060708' })
    for (const wrong of [
      { rpId: 'example.com' },
      { origin: 'http://localhost:1' },
      { challenge: new Uint8Array(31) },
    ])
      expect(readNewPasskey(answer, { ...asked, ...wrong })).toBeTypeOf('string')
    expect(readNewPasskey({ ...answer, credentialId: 'AAAA' }, asked)).toBeTypeOf('string')
    for (let end = 0; end < answer.authenticatorData.length; end += 9)
      expect(
        readNewPasskey({ ...answer, authenticatorData: answer.authenticatorData.slice(0, end) }, asked),
      ).toBeTypeOf('string')
  })
})

test.each([
  [0x45, 'none', 'on one device, and stays there'],
  [0x4d, 'possible', 'may be copied to other devices'],
  [0x5d, 'there', 'is copied to other devices'],
] as const)('the flags %i of an authenticator are told as its own word: %s', (flags, copies, said) => {
  const data = Buffer.alloc(60)
  data[32] = flags
  const authenticator = authenticatorOf({ authenticatorData: data.toString('base64url') })
  expect(authenticator).toEqual({ copies })
  expect(authenticatorText(authenticator)).toContain(said)
})

test('whoever leaves in the middle of a form is no error of the console', async () => {
  const { app } = openConsole()
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => told.mockRestore())
  const gone = new AbortController()
  const body = new ReadableStream({
    pull(stream) {
      gone.abort()
      stream.error(new Error('aborted'))
    },
  })
  const headers = {
    origin: ORIGIN,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': '99',
  }
  const sent = { method: 'POST', body, headers, duplex: 'half', signal: gone.signal } as const
  expect((await app.request(new Request(`${ORIGIN}/sign-in`, sent))).status).toBe(400)
  expect(told).not.toHaveBeenCalled()
})

test('the server of another project, come to the port of ours, is asked nothing', async () => {
  const another = new RunbookError('TemporalUnreachable', 'It is of another project.', { advice: '' })
  let asked = 0
  const session = {
    follow: () => Promise.reject(another),
    get client(): never {
      asked += 1
      throw new Error('asked')
    },
    get listing(): never {
      asked += 1
      throw new Error('asked')
    },
  }
  const runs = runsOf(session as unknown as Parameters<typeof runsOf>[0], folder)
  const { view } = openConsole()
  await expect(runs.list({})).rejects.toBe(another)
  await expect(runs.inbox({ actor: 'Ada' })).rejects.toBe(another)
  await expect(runs.read(RUN)).rejects.toBe(another)
  await expect(runs.known(RUN)).rejects.toBe(another)
  await expect(runs.decide(view, { gate: 'plan', decision: 'approve', actor: 'Ada' })).rejects.toBe(another)
  expect(asked).toBe(0)
})

describe('where it listens', () => {
  const place = { port: 7433, host: '127.0.0.1' }
  const tls = { cert: 'c.pem', key: 'k.pem' }
  test.each<[object, string]>([
    [{}, 'http://localhost:7433'],
    [{ tls }, 'https://localhost:7433'],
    [{ port: 80 }, 'http://localhost'],
    [{ port: 443, tls }, 'https://localhost'],
    [{ port: 443 }, 'http://localhost:443'],
    [{ origin: 'https://runbook.example.com' }, 'https://runbook.example.com'],
    [{ host: '0.0.0.0', tls, origin: 'https://runbook.example.com' }, 'https://runbook.example.com'],
  ])('%j is %s', (more, origin) => expect(originOf({ ...place, ...more })).toBe(origin))

  test.each<[object, RegExp]>([
    [{ host: '0.0.0.0' }, /beyond this machine \(0\.0\.0\.0\) with TLS only/],
    [{ host: '::' }, /TLS only/],
    [{ port: 0 }, /must stay the same/],
    [{ origin: 'http://runbook.example.com' }, /HTTPS only/],
    [{ origin: 'https://runbook.example.com/' }, /no origin of a page/],
    [{ origin: 'runbook.example.com' }, /no origin of a page/],
    [{ origin: 'https://10.0.0.1' }, /need a name/],
  ])('%j is refused', (more, message) => expect(() => originOf({ ...place, ...more })).toThrow(message))
})
