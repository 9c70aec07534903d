import { canonicalJson } from '../../src/contract/canonical-json.js'
import { createHash } from 'node:crypto'
import type { Ceremony, TestPasskey } from '../runbook/people/passkeys.js'

export type Ask = (path: string, init?: RequestInit) => Response | Promise<Response>

export interface Page {
  status: number
  html: string
  headers: Headers
}

/** Keeps cookies, follows redirects, and asks a passkey as the console's script does, of the forms that stand in a page. */
export class TestBrowser {
  cookie = ''
  private readonly ask: Ask
  private readonly origin: string

  constructor(ask: Ask, origin: string) {
    this.ask = ask
    this.origin = origin
  }

  async get(path: string): Promise<Page> {
    return this.follow(await this.ask(path, { headers: this.headers(), redirect: 'manual' }))
  }

  async post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const body = new URLSearchParams(fields)
    return this.follow(
      await this.ask(path, {
        ...{ method: 'POST', body, redirect: 'manual' },
        headers: { ...this.headers(), origin: this.origin, ...headers },
      }),
    )
  }

  async signIn(
    passkey: TestPasskey,
    { to = '/', how = {} }: { to?: string; how?: Ceremony } = {},
  ): Promise<Page> {
    const form = formIn((await this.get(`/sign-in?to=${encodeURIComponent(to)}`)).html)
    const made = passkey.get(form.fields['challenge'] ?? '', how)
    return this.post(form.action, { ...form.fields, ...made })
  }

  async enroll(link: string, passkey: TestPasskey): Promise<Page> {
    const form = formIn((await this.get(link)).html)
    const { attestationObject: _, ...made } = passkey.create(form.fields['challenge'] ?? '')
    return this.post(form.action, { ...form.fields, ...made })
  }

  async decide(
    page: Page,
    passkey: TestPasskey,
    {
      decision,
      how = {},
      ...more
    }: { decision: string; comment?: string; strategy?: string; how?: Ceremony },
  ): Promise<Page> {
    const form = formIn(page.html)
    const said = { decision, ...more }
    const signed = canonicalJson({ ...(JSON.parse(form.data['fields'] ?? '') as object), ...said })
    const made = passkey.get(createHash('sha256').update(signed).digest(), how)
    return this.post(form.action, { ...form.fields, ...said, ...made })
  }

  private headers(): Record<string, string> {
    return this.cookie === '' ? {} : { cookie: this.cookie }
  }

  private async follow(answer: Response): Promise<Page> {
    const [set] = answer.headers.getSetCookie()
    if (set !== undefined) this.cookie = set.split(';', 1).join('')
    const to = answer.headers.get('location')
    if (answer.status === 303 && to !== null) return this.get(to)
    return { status: answer.status, html: await answer.text(), headers: answer.headers }
  }
}

/** The form that a passkey is asked for. */
export function formIn(page: string): {
  action: string
  fields: Record<string, string>
  data: Record<string, string>
} {
  const [, attributes = '', inside = ''] =
    /<form\s([^>]*data-passkey[^>]*)>([\s\S]*?)<\/form>/.exec(page) ?? []
  const named = attributesOf(attributes)
  const fields = [...inside.matchAll(/<input\s([^>]*)>/g)].flatMap(([, text = '']) => {
    const { type, name = '', value = '' } = attributesOf(text)
    return type === 'hidden' ? [[name, value]] : []
  })
  const data = Object.entries(named).flatMap(([name, value]) =>
    name.startsWith('data-') ? [[name.slice(5), value]] : [],
  )
  return {
    action: named['action'] ?? '',
    fields: Object.fromEntries(fields) as Record<string, string>,
    data: Object.fromEntries(data) as Record<string, string>,
  }
}

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    value
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&'),
  ])
  return Object.fromEntries(found) as Record<string, string>
}
