import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { defined } from '../contract/defined.js'
import type { Invitations } from './invitations.js'

const PATIENCE_MS = 5_000
/** Longest answer that is read: a hash. Characters. */
const MOST = 200

/** Where a console asks another one who it is. */
export const WHOSE_PATH = '/whose'

/**
 * Whether what listens there is a console of the same project folder, under the same origin: only that one can answer with what was written into
 * the folder for it. Never throws; whatever else listens is none, also where it passes the question on to a console of another origin.
 */
export async function isConsoleOf(
  invitations: Invitations,
  { port, host, origin, tls }: { port: number; host: string; origin: string; tls?: object },
): Promise<boolean> {
  const { name, answer } = await invitations.challenge(origin)
  try {
    const said = await new Promise<string>((resolve, reject) => {
      const asked = {
        ...{ host, port, path: `${WHOSE_PATH}/${name}`, headers: { host: new URL(origin).host } },
        signal: AbortSignal.timeout(PATIENCE_MS),
        // The certificate may be of an authority that is not known here. It is the answer that proves who listens, and nothing secret is sent.
        ...defined({ rejectUnauthorized: tls === undefined ? undefined : false }),
      }
      const sent = (tls === undefined ? requestHttp : requestHttps)(asked, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          text += part
          if (text.length > MOST) response.destroy(new Error('too long'))
        })
        response.once('end', () => resolve(text)).once('error', reject)
      })
      sent.once('error', reject).end()
    })
    return said === answer
  } catch {
    return false
  } finally {
    await invitations.end(name)
  }
}
