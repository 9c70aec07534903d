import { z } from 'zod'

/** Those whose keys are public: none of them lets whoever has a key of the list make a token. */
export const SIGN_IN_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519'],
] as const

/** Cloudflare Access has the keys of a team there. */
const ACCESS = /^https:\/\/[\w-]+(?:\.[\w-]+)*\.cloudflareaccess\.com$/
const ACCESS_KEYS = '/cdn-cgi/access/certs'

const HTTPS = 'an address that begins with https://, or one of this machine'

const keysAddressSchema = z.url().refine((text) => {
  const { protocol, hostname } = new URL(text)
  return (
    protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
  )
}, HTTPS)

const signInSchema = z
  .strictObject({
    /** What the proxy puts the token into. */
    header: z
      .string()
      .regex(/^(?!cookie$|host$|origin$)[a-z][\w-]*$/i, 'the name of a header that a proxy sets')
      .default('Cf-Access-Jwt-Assertion'),
    /** `iss` of the tokens, to the letter. */
    issuer: z.string().min(1),
    /** `aud` of the tokens: of Cloudflare Access the AUD tag of the application. */
    audience: z.string().min(1),
    /** Where the issuer's public keys are (JWKS). Default: known for Cloudflare Access. */
    keys: keysAddressSchema.optional(),
    algorithms: z.array(z.enum(SIGN_IN_ALGORITHMS)).min(1).default(['RS256', 'ES256']),
    /** Which claim says who it is. */
    claim: z.enum(['email', 'sub']).default('email'),
    /** What stands in that claim, and the name in `people` that it is. */
    people: z.record(z.string().min(1), z.string().min(1)),
  })
  .superRefine(({ issuer, keys }, context) => {
    if (keys === undefined && !ACCESS.test(issuer))
      context.addIssue({
        ...{ code: 'custom', path: ['keys'], input: keys },
        message: 'where the public keys of this issuer are (its `jwks_uri`)',
      })
  })
  .transform(({ keys, ...signIn }) => ({ ...signIn, keys: keys ?? `${signIn.issuer}${ACCESS_KEYS}` }))

/** The web console: who may read there, and who signs in by a header of a proxy. */
export const consoleConfigSchema = z.strictObject({
  /**
   * Environment, or `*` for those that have no line here: roles, of which whoever reads its runs holds one; an empty list: whoever is signed in.
   * Default: whoever is signed in reads all.
   */
  readers: z.record(z.string().min(1), z.array(z.string().min(1))).optional(),
  signIn: signInSchema.optional(),
})
