import { html, type Html, type Piece } from '../html.js'
import { hashed } from '../memory.js'
import { CONSOLE_SCRIPT } from '../script.js'
import { CONSOLE_STYLE } from '../style.js'

/** Named by what is in them, so that a browser keeps them until that changes. */
const STYLE_PATH = `/console.css?${hashed(CONSOLE_STYLE).slice(0, 16)}`
const SCRIPT_PATH = `/console.js?${hashed(CONSOLE_SCRIPT).slice(0, 16)}`

/** `person`: who is signed in; absent on the pages before that. */
export interface Frame {
  title: string
  person?: string | undefined
  /** They are, as a proxy says: nothing here signs them out. */
  proxied?: boolean | undefined
  /** Of the bar's links, the one of this page. */
  here?: 'inbox' | 'runs' | 'databases'
}

/** One page, whole. */
export function pageOf({ title, person, proxied, here }: Frame, content: Piece): string {
  const link = (name: NonNullable<Frame['here']>, to: string, label: string): Html =>
    here === name
      ? html`<a href="${to}" aria-current="page">${label}</a>`
      : html`<a href="${to}">${label}</a>`
  const bar =
    person === undefined
      ? html`<span>d1-runbook</span>`
      : html`<nav aria-label="Pages">
            ${link('inbox', '/', 'Inbox')}${link('runs', '/runs', 'Runs')}${link('databases', '/databases', 'Databases')}
          </nav>
          <span class="who">${person}</span>
          ${
            proxied !== true &&
            html`<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>`
          }`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${title} · d1-runbook</title>
        <link rel="stylesheet" href="${STYLE_PATH}" />
        <link rel="icon" href="data:," />
        <script src="${SCRIPT_PATH}" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="bar">${bar}</header>
        <main id="content">
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `.markup
}

/** A table that a phone shows a cell a line, as the report's. */
export function table(heads: readonly string[], rows: readonly (readonly Piece[])[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${heads.join(', ')}">
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, at) => html`<td data-head="${heads[at]}">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

export function runLink(
  page: '/run' | '/plan' | '/report' | '/decide' | '/events',
  run: { workflowId: string; runId: string },
  more: Record<string, string> = {},
): string {
  return `${page}?${new URLSearchParams({ workflow: run.workflowId, run: run.runId, ...more }).toString()}`
}
