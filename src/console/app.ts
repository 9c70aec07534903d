import { Hono, type HonoRequest } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { RunbookError } from '../contract/failures.js'
import { addDatabases } from './database-routes.js'
import { addGettingIn } from './getting-in.js'
import { html, wordsHtml } from './html.js'
import { Limit } from './memory.js'
import type { ConsoleOptions } from './options.js'
import { page, problem, type Env } from './respond.js'
import { addRuns } from './run-routes.js'
import { addAsked, addSlack } from './slack.js'
import { CONSOLE_SCRIPT } from './script.js'
import { CONSOLE_STYLE } from './style.js'
import { addWebhooks } from './webhooks.js'
import { writeLog } from '../process/log.js'

/** Longest body: an assertion and a comment. Bytes. */
const MOST_BYTES = 32 * 1024
/** What one address may post in a minute. */
const POSTS = 60

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

/** The web console: what it may show and take, whoever asks. It holds no key, and decides nothing: decisions are signed by passkeys. */
export function createConsole(options: ConsoleOptions): Hono<Env> {
  const { origin, runs, databases, addressOf, now = Date.now } = options
  const { host, protocol } = new URL(origin)
  const secure = protocol === 'https:'
  const posts = new Limit(POSTS, now)

  const app = new Hono<Env>()
  // A page of another name that leads here (DNS rebinding) sees nothing.
  app.use((c, next) =>
    new URL(c.req.url).host === host
      ? next()
      : Promise.resolve(c.text('This console answers under its own address only.', 421)),
  )
  app.use(async (c, next) => {
    await next()
    c.header('Content-Security-Policy', c.res.headers.get('Content-Security-Policy') ?? POLICY)
    c.header('X-Content-Type-Options', 'nosniff')
    // Without any, a browser would say of our own forms that they come from nowhere (`Origin: null`).
    c.header('Referrer-Policy', 'same-origin')
    c.header('Cross-Origin-Opener-Policy', 'same-origin')
    c.header('Cross-Origin-Resource-Policy', 'same-origin')
    c.header(
      'Permissions-Policy',
      'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), geolocation=()',
    )
    if (secure) c.header('Strict-Transport-Security', 'max-age=31536000')
    const isKept = /^\/console\.(?:js|css)$/.test(c.req.path)
    c.header('Cache-Control', isKept ? 'public, max-age=31536000, immutable' : 'no-store')
  })
  // A page of elsewhere may lead here, and ask for nothing behind the back of whoever looks at it: no picture, frame or fetch of ours.
  app.use((c, next) =>
    isFromElsewhere(c.req) && !isLedHere(c.req)
      ? Promise.resolve(c.text('Another site asked for this.', 403))
      : next(),
  )
  // Before what asks where a form came from: these are sent by no browser, and signed.
  addSlack(app, options)
  addWebhooks(app, options.webhooks ?? [])
  app.use(async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    if (c.req.method !== 'POST') return c.text('GET and POST only.', 405)
    if (c.req.header('origin') !== origin)
      return problem(c, 403, 'Refused', 'This was not sent from a page of this console.')
    if (!posts.allows(addressOf(c)))
      return problem(c, 429, 'Too many', 'Too much was sent in a minute. Wait for one, then try again.')
    return next()
  })
  app.use(bodyLimit({ maxSize: MOST_BYTES, onError: (c) => c.text('That is too long.', 413) }))
  app.onError((error, c) => {
    if (error instanceof RunbookError)
      return page(
        c,
        { title: 'That did not work' },
        html`<p class="problem">${error.message}</p>
          <p>${wordsHtml(error.adviceWords)}</p>`,
        error.type === 'RunNotFound' ? 404 : 503,
      )
    // Whoever asked has gone in the middle of it.
    if (c.req.raw.signal.aborted) return c.text('', 400)
    // A bug says nothing of itself to who asks; it is told where the console runs.
    writeLog(error)
    return problem(c, 503, 'That did not work', 'The console met an error; its terminal says which.')
  })
  app.notFound((c) => problem(c, 404, 'Not here', 'There is no such page.'))

  app.get('/console.css', (c) => c.body(CONSOLE_STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8' }))
  app.get('/console.js', (c) =>
    c.body(CONSOLE_SCRIPT, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  )

  addGettingIn(app, options)
  if (runs !== undefined) addRuns(app, options, runs)
  if (runs !== undefined && databases !== undefined) addDatabases(app, options, { databases, runs })
  if (runs !== undefined) addAsked(app, options, runs)
  return app
}

/** As browsers say it (Fetch Metadata): another site, or another port or name of this one. One that says nothing is taken at its word. */
function isFromElsewhere(request: HonoRequest): boolean {
  const site = request.header('sec-fetch-site')
  return site === 'cross-site' || site === 'same-site'
}

/** Somebody followed a link: the whole window shows what we answer. */
function isLedHere(request: HonoRequest): boolean {
  return request.header('sec-fetch-mode') === 'navigate' && request.header('sec-fetch-dest') === 'document'
}
