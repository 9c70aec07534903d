/** Where mail is handed in. */
export interface MailServer {
  /** Name or address, without the brackets of IPv6. */
  host: string
  port: number
  /** TLS from the first byte, not by STARTTLS. */
  secure: boolean
  /** It is this very machine, which may be spoken to in the clear. */
  local: boolean
}

/** Of submission over TLS, and of submission with STARTTLS. https://www.rfc-editor.org/rfc/rfc8314#section-7.3, https://www.rfc-editor.org/rfc/rfc6409#section-3.1 */
const PORTS = { smtps: 465, smtp: 587 } as const

const LOCAL: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1'])

/** `smtps://HOST` or `smtp://HOST`, with a port or the usual one, and nothing else: no name, no password. Undefined: it is none. */
export function readMailServer(text: string): MailServer | undefined {
  const [, scheme, name = '', six, digits] =
    /^(smtps?):\/\/(?:([a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?)|\[([\da-f:.]+)\])(?::(\d{1,5}))?$/i.exec(text) ??
    []
  if (scheme === undefined) return undefined
  const host = (six ?? name).toLowerCase()
  const secure = scheme.toLowerCase() === 'smtps'
  const port = digits === undefined ? PORTS[secure ? 'smtps' : 'smtp'] : Number(digits)
  if (port < 1 || port > 65_535) return undefined
  return { host, port, secure, local: LOCAL.has(host) }
}
