import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Env } from './respond.js'

/** What is sent here by machine. Whoever takes it proves who sent it, by the bytes of the body: nothing here knows them. */
export interface Webhook {
  /** Such as `/github/webhook`. */
  path: string
  take(
    body: Uint8Array,
    headers: (name: string) => string | undefined,
  ): Promise<{ status: number; text: string }>
}

/** Some hold pull requests as a whole. Bytes. */
const MOST_BYTES = 1024 * 1024

/** No limit of tries: behind a proxy all have one address, and who sends forged ones would keep out those that are signed. */
export function addWebhooks(app: Hono<Env>, webhooks: readonly Webhook[]): void {
  for (const webhook of webhooks)
    app.post(
      webhook.path,
      bodyLimit({ maxSize: MOST_BYTES, onError: (c) => c.text('That is too long.', 413) }),
      async (c) => {
        const body = new Uint8Array(await c.req.arrayBuffer())
        const { status, text } = await webhook.take(body, (name) => c.req.header(name))
        return new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
      },
    )
}
