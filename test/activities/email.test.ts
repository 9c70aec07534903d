import { mkdtempSync, rmSync } from 'node:fs'
import dns from 'node:dns'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { MockActivityEnvironment } from '@temporalio/testing'
import type { SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { announce } from '../../src/activities/announce.js'
import { tellByEmail, whyMailIsSilent, type Mail } from '../../src/activities/email.js'
import { contextFor, defaultHome } from '../../src/activities/worker-place.js'
import { channelSchema, type Channel } from '../../src/contract/announcement.js'
import { noteMessage } from '../../src/runbook/messages.js'
import { ownCertificate } from '../console/own-certificate.js'
import { openMail, PASSWORD, USER, type MailStandIn } from './mail-stand-in.js'
import { productionTarget } from './production-target.js'

type Email = Extract<Channel, { kind: 'email' }>

/** Names of no machine, which lead to this one here. */
const HOST = 'smtp.example.test'
const OTHER_HOST = 'other.example.test'
const good = ownCertificate(HOST)
const others = ownCertificate(OTHER_HOST)
const unknown = ownCertificate(HOST)

const roots = tls.getCACertificates('default')
beforeAll(() => {
  const here = (_name: string, done: (error: null, addresses: string[]) => void): void =>
    done(null, ['127.0.0.1'])
  const nowhere = (_name: string, done: (error: null, addresses: string[]) => void): void => done(null, [])
  vi.spyOn(dns.Resolver.prototype, 'resolve4').mockImplementation(here as never)
  vi.spyOn(dns.Resolver.prototype, 'resolve6').mockImplementation(nowhere as never)
  tls.setDefaultCACertificates([...roots, good.cert, others.cert])
})
afterAll(() => {
  vi.restoreAllMocks()
  tls.setDefaultCACertificates(roots)
})

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})
async function serve(options: SMTPServerOptions = good): Promise<MailStandIn> {
  const server = await openMail(options)
  open.push(server)
  return server
}

const LOGIN = { userEnv: 'RUNBOOK_MAIL_USER', passwordEnv: 'RUNBOOK_MAIL_PASSWORD' }
function channelOf(server: string, more: Partial<Email> = LOGIN): Email {
  const parts = { kind: 'email', server, from: USER, to: ['ada@example.com', 'bea@example.com'], ...more }
  return channelSchema.parse(parts) as Email
}
const here = (env: Record<string, string> = {}) => ({
  env: { RUNBOOK_MAIL_USER: USER, RUNBOOK_MAIL_PASSWORD: PASSWORD, ...env },
  variables: [],
})
const mail = (more: Partial<Mail> = {}, title = 'Approval needed', details: string[] = []): Mail => ({
  text: noteMessage({
    ...{ environment: 'production', database: { name: 'shop', id: 'id', remote: true } },
    ...{ title, details },
  }),
  ...{ at: '2026-01-02T03:04:05.000Z', dedupeId: 'run-1/1', runId: 'run-1' },
  database: { name: 'shop', environment: 'production' },
  ...more,
})
const failure = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each([
  ['TLS', 'smtps', { ...good, secure: true }],
  ['STARTTLS', 'smtp', good],
] as const)('by %s', (_what, scheme, options) => {
  test('a message goes encrypted to all addresses, with the login', async () => {
    const server = await serve(options)
    await tellByEmail(
      here(),
      channelOf(`${scheme}://${HOST}:${server.port}`),
      mail({}, 'Title', ['Ada, +49 1']),
    )
    expect(server.mails).toMatchObject([
      { to: ['ada@example.com', 'bea@example.com'], encrypted: true, user: USER, strays: [] },
    ])
    const [taken] = server.mails
    expect(taken?.subject).toMatch(/^\[production: shop\] .*Title$/)
    expect(taken?.body).toContain('Ada, +49 1')
    const header = (name: string) => taken?.headers.get(name)
    expect(header('content-type')).toEqual(['text/plain; charset=utf-8'])
    expect(header('auto-submitted')).toEqual(['auto-generated'])
    expect(header('date')).toEqual(['Fri, 02 Jan 2026 03:04:05 +0000'])
    expect(header('from')).toEqual([`"d1-runbook" <${USER}>`])
    expect(header('to')).toEqual(['ada@example.com, bea@example.com'])
  })

  test.each([
    ['of another name', others, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that nobody vouches for', unknown, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('a certificate %s is refused, and nothing is told', async (_which, certificate, why) => {
    const server = await serve({ ...options, ...certificate })
    const error = await failure(tellByEmail(here(), channelOf(`${scheme}://${HOST}:${server.port}`), mail()))
    expect(String(error)).toBe(`Error: ${HOST} cannot be reached: ${why}`)
    expect(error).not.toHaveProperty('retryable', false)
    expect(server).toMatchObject({ mails: [], clear: { logins: 0, mails: 0 } })
  })

  test('a login that is refused is told without what it was, and not tried again', async () => {
    const server = await serve(options)
    const channel = channelOf(`${scheme}://${HOST}:${server.port}`)
    const env = { RUNBOOK_MAIL_PASSWORD: 'somebody-elses-password' }
    const error = await failure(tellByEmail(here(env), channel, mail()))
    expect(error).toMatchObject({ type: 'ConfigInvalid', retryable: false })
    expect(error).toMatchObject({ message: `${HOST} refused the login: 535` })
    expect(JSON.stringify(error)).not.toContain('somebody-elses-password')
    expect(await whyMailIsSilent(here(env), channel, 5_000)).toBe(`${HOST} refused the login: 535`)
    expect(await whyMailIsSilent(here(), channel, 5_000)).toBeUndefined()
    expect(server.mails).toEqual([])
  })
})

describe('without STARTTLS', () => {
  const clear = { disabledCommands: ['STARTTLS'], allowInsecureAuth: true }

  test('another machine gets neither login nor message', async () => {
    const server = await serve(clear)
    const channel = channelOf(`smtp://${HOST}:${server.port}`)
    const error = await failure(tellByEmail(here(), channel, mail()))
    expect(error).toMatchObject({ type: 'ConfigInvalid', retryable: false })
    expect(String(error)).toContain(`${HOST} does not encrypt the connection (STARTTLS)`)
    expect(await whyMailIsSilent(here(), channel, 5_000)).toContain('STARTTLS')
    expect(server).toMatchObject({ mails: [], clear: { logins: 0, mails: 0 } })
  })

  test('nor one that only hides that it has it', async () => {
    const server = await serve({ ...good, hideSTARTTLS: true, allowInsecureAuth: true })
    await tellByEmail(here(), channelOf(`smtp://${HOST}:${server.port}`), mail())
    expect(server).toMatchObject({ mails: [{ encrypted: true }], clear: { logins: 0, mails: 0 } })
  })

  test.each(['127.0.0.1', 'localhost'])('this machine is spoken to: %s', async (host) => {
    const server = await serve(clear)
    await tellByEmail(here(), channelOf(`smtp://${host}:${server.port}`), mail())
    await tellByEmail(here(), channelOf(`smtp://${host}:${server.port}`, {}), mail())
    expect(server.mails.map(({ user }) => user)).toEqual([USER, undefined])
  })
})

const CLEAR = { disabledCommands: ['STARTTLS', 'AUTH'] }
const local = ({ port }: { port: number }, to?: string[]): Email =>
  channelOf(`smtp://127.0.0.1:${port}`, to === undefined ? {} : { to })

describe('names', () => {
  test.each([
    ['a line break', 'x\r\nBcc: eve@example.com\r\n\r\nHello'],
    ['a bare line feed', 'x\nBcc: eve@example.com'],
    ['a bare carriage return', 'x\rBcc: eve@example.com'],
    ['a folded line', 'x\r\n Bcc: eve@example.com'],
    ['other ends of lines', 'x\u2028Bcc: eve@example.com\u0085Bcc: eve@example.com'],
    ['an encoded word', '=?utf-8?Q?x=0D=0ABcc:_eve@example.com?='],
    ['controls and marks of direction', 'x\u001B[31m\u202E\u0000\u0007'],
    ['a list of addresses', 'x>, <eve@example.com'],
  ])('%s in any of them is text: no header, no recipient, no body', async (_what, name) => {
    const server = await serve(CLEAR)
    const usual = await serve(CLEAR)
    const database = { name, environment: name }
    await tellByEmail(here(), local(server), {
      ...mail({ database, dedupeId: name, runId: name }),
      text: noteMessage({
        environment: name,
        database: { name, id: 'id', remote: true },
        title: name,
        details: [name],
      }),
    })
    await tellByEmail(here(), local(usual), mail())
    const [taken] = server.mails
    expect([...(taken?.headers.keys() ?? [])]).toEqual([...(usual.mails[0]?.headers.keys() ?? [])])
    expect(taken).toMatchObject({ to: ['ada@example.com', 'bea@example.com'], strays: [] })
    expect(taken?.headers.get('to')).toEqual(['ada@example.com, bea@example.com'])
    expect(taken?.subject).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E]/)
    expect(taken?.body).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E]/)
    expect(taken?.headers.get('message-id')?.[0]).toMatch(/^<d1-runbook\.message\.[\da-f]{32}@example\.com>$/)
  })

  test.each([500, 5_000])('of %i characters leave room for the news', async (length) => {
    const server = await serve(CLEAR)
    const name = '🚨'.repeat(length / 2)
    await tellByEmail(here(), local(server), mail({ database: { name, environment: name } }, 'All is well'))
    const [taken] = server.mails
    expect(taken?.subject).toMatch(/^\[🚨+…: 🚨+…\] .*All is well$/u)
    expect(taken?.subject.length).toBeLessThanOrEqual(250)
  })

  test('a text of any length, with lines that end a message in SMTP, arrives whole', async () => {
    const server = await serve(CLEAR)
    const details = ['.', '..', 'From here on', 'ß'.repeat(3_000), 'x '.repeat(2_000), 'end']
    await tellByEmail(here(), local(server), mail({}, 'Title', details))
    const lines = server.mails[0]?.body.split('\n') ?? []
    expect(details.filter((detail) => !lines.some((line) => line.includes(detail.trim())))).toEqual([])
  })
})

describe('a run', () => {
  const idsOf = ({ headers }: MailStandIn['mails'][number]) => ({
    id: headers.get('message-id')?.[0],
    thread: headers.get('references')?.[0],
    answers: headers.get('in-reply-to')?.[0],
  })

  test('is one thread, and another one another; a repetition is known as such', async () => {
    const server = await serve(CLEAR)
    const channel = local(server)
    await tellByEmail(here(), channel, mail())
    await tellByEmail(here(), channel, mail({ dedupeId: 'run-1/2' }, 'Other news'))
    await tellByEmail(here(), channel, mail())
    await tellByEmail(here(), channel, mail({ dedupeId: 'run-2/1', runId: 'run-2' }))
    const [first, second, again, other] = server.mails.map(idsOf)
    expect(first?.thread).toMatch(/^<[^<>\s]+@example\.com>$/)
    expect(first?.answers).toBe(first?.thread)
    expect(second?.thread).toBe(first?.thread)
    expect(again).toEqual(first)
    expect(new Set([first?.id, second?.id, other?.id, first?.thread, other?.thread]).size).toBe(5)
  })
})

describe('a recipient that the server refuses', () => {
  test('for good is told, with what it said, and not tried again; the others have it', async () => {
    const server = await serve(CLEAR)
    server.refuse('ada@example.com', 550)
    const error = await failure(tellByEmail(here(), local(server), mail()))
    expect(error).toMatchObject({ type: 'ConfigInvalid', retryable: false })
    expect(String(error)).toContain('127.0.0.1 refused ada@example.com, 550 ')
    expect(String(error)).not.toContain('\u001B')
    expect(String(error)).not.toContain('bea@example.com')
    expect(server.mails.map(({ to }) => to)).toEqual([['bea@example.com']])
  })

  test('for now may have it at another try', async () => {
    const server = await serve(CLEAR)
    server.refuse('ada@example.com', 451)
    const error = await failure(tellByEmail(here(), local(server), mail()))
    expect(String(error)).toContain('refused ada@example.com, 451 ')
    expect(error).not.toHaveProperty('retryable', false)
  })

  test.each([
    [550, 550, false],
    [550, 450, true],
    [450, 550, true],
  ])('as are all: %i and %i', async (one, two, again) => {
    const server = await serve(CLEAR)
    server.refuse('ada@example.com', one)
    server.refuse('bea@example.com', two)
    const error = await failure(tellByEmail(here(), local(server), mail()))
    expect(String(error)).toMatch(/refused ada@example\.com, .*; bea@example\.com, /)
    expect((error as { retryable?: boolean }).retryable !== false).toBe(again)
    expect(server.mails).toEqual([])
  })
})

describe('told by the activity', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'd1-email-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** One try of many. */
  function announced(
    channel: Email,
    env: Record<string, string> = here().env,
    attempt = 1,
  ): Promise<unknown> {
    const target = productionTarget(folder)
    const home = defaultHome({ home: folder, env, variables: [], print: () => undefined })
    const message = { kind: 'note' as const, text: 'hello', at: '2026-01-01T00:00:00Z', dedupeId: 'x-1' }
    return new MockActivityEnvironment({ attempt }).run(() =>
      announce(contextFor(home, target), { runKey: 'run-1', target, channels: [channel], message }),
    )
  }

  test('a message that was refused for now is tried again, and is the same', async () => {
    const server = await serve(CLEAR)
    const channel = local(server)
    server.refuse('ada@example.com', 451)
    await expect(announced(channel)).rejects.toThrow('email: 127.0.0.1 refused ada@example.com, 451')
    expect(await announced(channel)).toEqual([{ channel: 'email', delivered: true }])
    const ids = server.mails.map(({ headers }) => headers.get('message-id')?.[0])
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })

  test('what no other try would deliver is told by the first one', async () => {
    const server = await serve({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
    const channel = channelOf(`smtp://127.0.0.1:${server.port}`)
    const error = (said: string) => [{ channel: 'email', delivered: false, error: said }]
    expect(await announced(channel, { RUNBOOK_MAIL_USER: USER })).toEqual(
      error('the worker has no RUNBOOK_MAIL_PASSWORD'),
    )
    const wrong = { RUNBOOK_MAIL_USER: USER, RUNBOOK_MAIL_PASSWORD: 'wrong-password' }
    expect(await announced(channel, wrong)).toEqual(error('127.0.0.1 refused the login: 535'))
    const stolen = channelOf(channel.server, { ...LOGIN, passwordEnv: 'CLOUDFLARE_API_TOKEN' })
    expect(await announced(stolen, { ...here().env, CLOUDFLARE_API_TOKEN: 'token-of-cloudflare' })).toEqual(
      error(expect.stringContaining('CLOUDFLARE_API_TOKEN is a credential') as never),
    )
    expect(server.mails).toEqual([])
  })

  test('a server that is not there is tried again', async () => {
    await expect(announced(local({ port: 9 }))).rejects.toThrow(
      'email: 127.0.0.1 cannot be reached: connection refused',
    )
  })
})

test('a server that says nothing is given up in time', async () => {
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => void sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as { port: number }
    expect(await whyMailIsSilent(here(), local({ port }), 100)).toBe(
      '127.0.0.1 cannot be reached: no answer in time',
    )
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})
