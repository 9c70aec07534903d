import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail server of its own kind, which keeps what it takes. */
export interface MailStandIn {
  port: number
  /** Of each message that was taken. */
  mails: ReceivedMail[]
  /** What came in over a connection that was not encrypted, beside the commands of SMTP themselves. */
  clear: { logins: number; mails: number }
  /** The next messages' recipients of these addresses are refused, each once for each of the replies. */
  refuse: (address: string, ...codes: number[]) => void
  close: () => Promise<void>
}

export interface ReceivedMail {
  to: string[]
  encrypted: boolean
  user: unknown
  /** Unfolded, as they came, by name in small letters. */
  headers: Map<string, string[]>
  /** Lines of the header part that are neither a header nor its continuation. */
  strays: string[]
  subject: string
  body: string
}

export const USER = 'runbook@example.com'
export const PASSWORD = 'correct-horse-battery'

export async function openMail(options: SMTPServerOptions = {}): Promise<MailStandIn> {
  const mails: ReceivedMail[] = []
  const clear = { logins: 0, mails: 0 }
  const refusals = new Map<string, number[]>()
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    ...options,
    onAuth({ username, password }, { secure }, done) {
      if (!secure) clear.logins += 1
      if (username === USER && password === PASSWORD) return done(null, { user: username })
      const said = `Not with ${username ?? ''} and ${password ?? ''}`
      return done(Object.assign(new Error(said), { responseCode: 535 }))
    },
    onRcptTo({ address }, _session, done) {
      const code = refusals.get(address)?.shift()
      if (code === undefined) return done()
      return done(Object.assign(new Error(`no\u001B[31m mailbox ${address}`), { responseCode: code }))
    },
    onData(stream, { envelope, secure, user }, done) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        if (!secure) clear.mails += 1
        const to = envelope.rcptTo.map(({ address }) => address)
        mails.push({ to, encrypted: secure, user, ...read(Buffer.concat(pieces).toString('latin1')) })
        done()
      })
    },
  })
  // What a client breaks off is its own matter.
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    ...{ port: (server.server.address() as AddressInfo).port, mails, clear },
    refuse: (address, ...codes) => void refusals.set(address, codes),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function read(raw: string): Pick<ReceivedMail, 'headers' | 'strays' | 'subject' | 'body'> {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = new Map<string, string[]>()
  const strays: string[] = []
  for (const line of lines) {
    const [, name, value = ''] = /^([A-Za-z0-9-]+): (.*)$/.exec(line) ?? []
    if (name === undefined) strays.push(line)
    else headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value])
  }
  const content = raw.slice(end + 4)
  const [encoding = '7bit'] = headers.get('content-transfer-encoding') ?? []
  const bytes =
    encoding === 'base64'
      ? Buffer.from(content, 'base64')
      : encoding === 'quoted-printable'
        ? decodeQuoted(content)
        : Buffer.from(content, 'latin1')
  const [subject = ''] = headers.get('subject') ?? []
  return { headers, strays, subject: decoded(subject), body: bytes.toString('utf8').replaceAll('\r\n', '\n') }
}

/** Encoded words (RFC 2047), whose bytes may be cut between any two of them. */
function decoded(value: string): string {
  return value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/(?:=\?utf-8\?[QB]\?[^?]*\?=)+/gi, (words) =>
      Buffer.concat(
        [...words.matchAll(/=\?utf-8\?([QB])\?([^?]*)\?=/gi)].map(([, kind, text = '']) =>
          kind?.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : decodeQuoted(text.replaceAll('_', ' ')),
        ),
      ).toString('utf8'),
    )
}

/** RFC 2045, 6.7. */
function decodeQuoted(text: string): Buffer {
  const whole = text.replaceAll(/=\r\n/g, '')
  const bytes = whole.replaceAll(/=([\dA-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1')
}
