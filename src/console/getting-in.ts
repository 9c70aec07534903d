import type { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { authenticatorOf, challengeBytes, readNewPasskey } from '../runbook/people/new-passkey.js'
import { passkeyLine } from '../runbook/people/passkey.js'
import { samePerson } from '../runbook/people/people.js'
import { oneLine } from '../text/one-line.js'
import { headerReader, type HeaderAnswer } from './header-sign-in.js'
import type { ConsoleOptions } from './options.js'
import { Challenges, Limit, randomToken, Sessions } from './memory.js'
import { enrolledPage, enrollPage, signInPage } from './pages/signing-in.js'
import { WHOSE_PATH } from './neighbour.js'
import { passkeysOf, whoSignedIn } from './people.js'
import { assertionOf, fieldsOf, page, problem, type Asked, type Env } from './respond.js'

/** Attempts to get in that fail, in a minute, by one address: of either kind. */
const FAILURES = 10

const TOO_OLD = 'That page was too old, or was used before. Try again.'

/** Signing in and out, and making a passkey; whatever is added to `app` behind this is for those alone who are signed in. */
export function addGettingIn(app: Hono<Env>, options: ConsoleOptions): void {
  const { origin, people, invitations, addressOf, now = Date.now } = options
  const { hostname: rpId, protocol } = new URL(origin)
  const secure = protocol === 'https:'
  const cookie = secure ? '__Host-d1-runbook' : 'd1-runbook'
  const sessions = new Sessions(now)
  const signInChallenges = new Challenges(now)
  const enrolmentChallenges = new Challenges(now)
  // What fails alone is counted, and each kind by itself: guessing at links keeps nobody from signing in.
  const failedSignIns = new Limit(FAILURES, now)
  const failedLinks = new Limit(FAILURES, now)
  const known = passkeysOf(people, { origin })
  const { signIn: byHeader } = options
  const readHeader = byHeader === undefined ? undefined : headerReader(byHeader, { people, now })
  // Of those whom a proxy names: no cookie of theirs, and no token of a proxy in a cookie, is one of the others.
  const proxied = new Sessions(now)
  const headerOf = async (c: Asked): Promise<HeaderAnswer | undefined> => {
    const value = byHeader === undefined ? undefined : c.req.header(byHeader.header)
    return value === undefined ? undefined : readHeader?.(value)
  }

  const tooMany = (c: Asked) =>
    problem(c, 429, 'Too many', 'Too many tries in a minute. Wait for one, then try again.')
  const signIn = (c: Asked, to: string, said?: string) =>
    page(
      c,
      { title: 'Sign in' },
      signInPage({ rpId, challenge: signInChallenges.issue(), to: ownPath(to), problem: said }),
      said === undefined ? 200 : 403,
    )
  app.get('/sign-in', async (c) => {
    const answer = await headerOf(c)
    const refused =
      answer !== undefined && 'problem' in answer
        ? `The proxy’s word is not taken: ${answer.problem}.`
        : undefined
    return signIn(c, c.req.query('to') ?? '/', refused)
  })
  app.post('/sign-in', async (c) => {
    const sent = await fieldsOf(c)
    if (failedSignIns.isReached(addressOf(c))) return tooMany(c)
    const to = ownPath(sent('to'))
    const challenge = sent('challenge')
    const who = signInChallenges.isOpen(challenge)
      ? whoSignedIn(assertionOf(sent), { known, challenge })
      : { problem: TOO_OLD }
    if ('problem' in who) {
      failedSignIns.count(addressOf(c))
      return signIn(c, to, who.problem)
    }
    if (!signInChallenges.use(challenge)) return signIn(c, to, TOO_OLD)
    sessions.end(getCookie(c, cookie))
    setCookie(c, cookie, sessions.begin(who.person), {
      httpOnly: true,
      sameSite: 'Strict',
      secure,
      path: '/',
    })
    return c.redirect(to, 303)
  })
  app.post('/sign-out', (c) => {
    sessions.end(getCookie(c, cookie))
    deleteCookie(c, cookie, { path: '/', secure })
    return c.redirect('/sign-in', 303)
  })

  const gone = (c: Asked) => {
    failedLinks.count(addressOf(c))
    return problem(
      c,
      410,
      'This link is used up',
      'It is good once, for fifteen minutes, and while the command that made it runs. Ask for another one.',
    )
  }
  app.get('/enroll/:token', async (c) => {
    if (failedLinks.isReached(addressOf(c))) return tooMany(c)
    const invitation = await invitations.open(c.req.param('token'))
    if (invitation === undefined) return gone(c)
    const { person } = invitation
    // One of their own for each: a device would put a second passkey of one user in the place of the first, whose line still counts.
    const user = randomToken()
    return page(
      c,
      { title: 'Make a passkey' },
      enrollPage({ rpId, challenge: enrolmentChallenges.issue(), person, user, path: c.req.path }),
    )
  })
  app.post('/enroll/:token', async (c) => {
    if (failedLinks.isReached(addressOf(c))) return tooMany(c)
    const token = c.req.param('token')
    const invitation = await invitations.open(token)
    if (invitation === undefined) return gone(c)
    const sent = await fieldsOf(c)
    const challenge = sent('challenge')
    if (!enrolmentChallenges.isOpen(challenge))
      return problem(c, 400, 'Not made', 'That page was too old, or was used before. Open the link again.')
    const made = readNewPasskey(assertionOf(sent), { rpId, origin, challenge: challengeBytes(challenge) })
    if (typeof made === 'string') return problem(c, 400, 'Not made', `No passkey was made: ${made}.`)
    if (!enrolmentChallenges.use(challenge)) return gone(c)
    const { person } = invitation
    const publicKey = passkeyLine(made, oneLine(person))
    const authenticator = authenticatorOf(assertionOf(sent))
    if (!(await invitations.use(token, { publicKey, authenticator }))) return gone(c)
    const isKnown = people.some(({ name }) => samePerson(name, person))
    return page(c, { title: 'Your passkey' }, enrolledPage({ person, publicKey, authenticator, isKnown }))
  })

  app.get(`${WHOSE_PATH}/:name`, async (c) => {
    const answer = await invitations.answer(c.req.param('name'), origin)
    return answer === undefined ? c.text('Nobody of this project asks that.', 404) : c.text(answer)
  })

  app.use(async (c, next) => {
    // A live page asks again by itself where it lost its stream.
    const session = sessions.find(getCookie(c, cookie), { click: c.req.path !== '/events' })
    if (session === undefined) {
      const answer = await headerOf(c)
      if (answer !== undefined && 'person' in answer) {
        const { person, token, until } = answer
        const own = proxied.proven(token, person)
        c.set('person', person)
        c.set('session', own)
        c.set('proxied', true)
        c.set('isSignedIn', () => {
          if (now() >= until) proxied.end(token)
          return proxied.find(token, { click: false }) === own
        })
        return next()
      }
      const to = c.req.method === 'GET' ? c.req.url.slice(new URL(c.req.url).origin.length) : '/'
      return c.redirect(`/sign-in?${new URLSearchParams({ to }).toString()}`, 303)
    }
    c.set('person', session.person)
    c.set('session', session)
    c.set('proxied', false)
    c.set('isSignedIn', () => sessions.find(getCookie(c, cookie), { click: false }) === session)
    return next()
  })
}

/** Where somebody is led after they signed in: a page of ours, whatever a link says. */
function ownPath(to: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(to) && !to.startsWith('/sign-in') ? to : '/'
}
