import type { Context } from 'hono'
import type { Assertion } from '../contract/decision.js'
import { html } from './html.js'
import type { SignedIn } from './memory.js'
import { pageOf, type Frame } from './pages/layout.js'

/** `person`: who is signed in, by `session`, on the pages behind that. `isSignedIn`: whether they still are. `proxied`: a header says it. */
export type Env = {
  Variables: { person: string; session: SignedIn; isSignedIn: () => boolean; proxied: boolean }
}
export type Asked = Context<Env>

type Status = 200 | 400 | 403 | 404 | 409 | 410 | 429 | 503

export function page(
  c: Asked,
  frame: Frame,
  content: Parameters<typeof pageOf>[1],
  status: Status = 200,
): Response {
  const who = { person: c.get('person') as string | undefined, proxied: c.get('proxied') }
  return c.html(pageOf({ ...frame, ...who }, content), status)
}

export function problem(c: Asked, status: Exclude<Status, 200>, title: string, said: string): Response {
  return page(c, { title }, html`<p class="problem">${said}</p>`, status)
}

/** The fields of a form, as text; absent ones are empty. */
export async function fieldsOf(c: Asked): Promise<(name: string) => string> {
  const body = await c.req.parseBody()
  return (name) => {
    const value = body[name]
    return typeof value === 'string' ? value : ''
  }
}

export function assertionOf(sent: (name: string) => string): Assertion {
  return {
    credentialId: sent('credentialId'),
    authenticatorData: sent('authenticatorData'),
    clientDataJSON: sent('clientDataJSON'),
    signature: sent('signature'),
  }
}
