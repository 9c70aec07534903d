import { describe, expect, test } from 'vitest'
import { channelSchema, secretsOf } from '../../src/contract/announcement.js'
import { readMailServer } from '../../src/contract/mail-server.js'

test.each([
  ['smtps://smtp.example.com', { host: 'smtp.example.com', port: 465, secure: true, local: false }],
  ['smtp://smtp.example.com', { host: 'smtp.example.com', port: 587, secure: false, local: false }],
  ['SMTP://Smtp.Example.Com:2525', { host: 'smtp.example.com', port: 2525, secure: false, local: false }],
  ['smtp://localhost:25', { host: 'localhost', port: 25, secure: false, local: true }],
  ['smtp://127.0.0.1:25', { host: '127.0.0.1', port: 25, secure: false, local: true }],
  ['smtp://[::1]:25', { host: '::1', port: 25, secure: false, local: true }],
  ['smtps://[2001:db8::1]', { host: '2001:db8::1', port: 465, secure: true, local: false }],
  ['smtp://localhost.example.com', { host: 'localhost.example.com', port: 587, secure: false, local: false }],
  ['smtp://192.168.0.1', { host: '192.168.0.1', port: 587, secure: false, local: false }],
])('%s', (text, server) => {
  expect(readMailServer(text)).toEqual(server)
})

test.each([
  'smtp.example.com',
  'https://smtp.example.com',
  'smtp://',
  'smtp://:587',
  'smtp://user:password@smtp.example.com',
  'smtp://smtp.example.com/',
  'smtp://smtp.example.com?tls.rejectUnauthorized=false',
  'smtp://smtp.example.com#x',
  'smtp://smtp.example.com:0',
  'smtp://smtp.example.com:65536',
  'smtp://localhost\\@smtp.example.com',
  'smtp://localhost\n.example.com',
  'smtp://localhost\t.example.com',
  'smtp://-smtp.example.com',
  'smtp://smtp.example.com.:587x',
  ' smtp://smtp.example.com',
  'smtp://smtp.example.com\n',
])('%j is no mail server', (text) => {
  expect(readMailServer(text)).toBeUndefined()
})

describe('a channel', () => {
  const channel = {
    ...{ kind: 'email', server: 'smtps://smtp.example.com', from: 'runbook@example.com' },
    to: ['team@example.com'],
  }
  const login = { userEnv: 'RUNBOOK_USER', passwordEnv: 'RUNBOOK_PASSWORD' }

  test.each([[channel], [{ ...channel, ...login }], [{ ...channel, to: ["o'hara+d1@mail.example.co.uk"] }]])(
    '%j',
    (one) => {
      expect(channelSchema.parse(one)).toEqual({ name: 'email', ...one })
    },
  )

  test('needs its login, and nothing else of the environment', () => {
    expect(secretsOf(channelSchema.parse(channel))).toEqual([])
    expect(secretsOf(channelSchema.parse({ ...channel, ...login }))).toEqual(Object.values(login))
  })

  test.each<[string, object]>([
    ['a password without a name', { passwordEnv: 'RUNBOOK_PASSWORD' }],
    ['a name without a password', { userEnv: 'RUNBOOK_USER' }],
    ['nobody', { to: [] }],
    ['too many', { to: Array.from({ length: 21 }, (_, index) => `a${index}@example.com`) }],
    ['a password in the address', { server: 'smtps://user:password@smtp.example.com' }],
    ...[
      ...['team', 'team@', '@example.com', 'a@b@example.com', 'team@example', 'Team <team@example.com>'],
      ...[
        'team@example.com, eve@example.com',
        'team@example.com\r\nBcc: eve@example.com',
        'team@example.com\n',
      ],
      ...[
        'team@example.com>',
        '"team\r\n"@example.com',
        `${'x'.repeat(250)}@example.com`,
        ' team@example.com',
      ],
    ].flatMap((address): [string, object][] => [
      [`to ${JSON.stringify(address)}`, { to: [address] }],
      [`from ${JSON.stringify(address)}`, { from: address }],
    ]),
  ])('%s is none', (_what, more) => {
    expect(channelSchema.safeParse({ ...channel, ...more }).success).toBe(false)
  })
})
