import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose'
import { createServer } from 'node:http'

/** Who signs tokens and serves the keys to them, as Cloudflare Access or an OIDC issuer does, on this machine. */
export interface TestIssuer {
  issuer: string
  audience: string
  /** Address of its keys. */
  keys: string
  /** How often they were asked for. */
  asked: () => number
  /** What is answered from now on in the place of the keys. */
  answer: (how: { status?: number; body?: string; silent?: boolean }) => void
  /** A new key, in the place of all others. */
  rotate: () => Promise<void>
  token: (
    claims?: JWTPayload,
    how?: { alg?: string; kid?: string; key?: CryptoKey | Uint8Array; expires?: number | null },
  ) => Promise<string>
  /** Of the key that it signs with, as PEM would be for who takes it for a secret. */
  publicKey: () => Promise<object>
  close: () => Promise<void>
}

export async function startIssuer({ now }: { now: () => number }): Promise<TestIssuer> {
  const issuer = 'https://team.cloudflareaccess.com'
  const audience = 'f00d'.repeat(16)
  let number = 0
  let pair: Awaited<ReturnType<typeof newKey>>
  const newKey = async () => {
    number += 1
    const made = await generateKeyPair('RS256', { extractable: true })
    return { ...made, kid: `key-${number}`, jwk: await exportJWK(made.publicKey) }
  }
  pair = await newKey()
  let asked = 0
  let how: Parameters<TestIssuer['answer']>[0] = {}
  const server = createServer((_request, response) => {
    asked += 1
    if (how.silent === true) return
    const { kid, jwk } = pair
    const keys = { keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] }
    response.writeHead(how.status ?? 200, { 'content-type': 'application/json' })
    response.end(how.body ?? JSON.stringify(keys))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    ...{ issuer, audience, keys: `http://127.0.0.1:${port}/cdn-cgi/access/certs` },
    asked: () => asked,
    answer: (next) => {
      how = next
    },
    rotate: async () => {
      pair = await newKey()
    },
    token: (claims = {}, { alg = 'RS256', kid = pair.kid, key = pair.privateKey, expires = 3_600 } = {}) => {
      const at = Math.floor(now() / 1_000)
      const made = new SignJWT({
        ...{ iss: issuer, aud: [audience], email: 'ada@example.com', sub: 'user-1', iat: at, nbf: at },
        ...claims,
        ...(expires === null ? {} : { exp: at + expires }),
      })
      return made.setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key)
    },
    publicKey: () => Promise.resolve(pair.jwk),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
