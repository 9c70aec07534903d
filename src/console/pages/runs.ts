import type { Inbox, WaitingGate } from '../../client/inbox.js'
import type { RunRow } from '../../client/list.js'
import { OUTCOMES, PHASES } from '../../contract/names.js'
import type { Person } from '../../contract/policy.js'
import { gateTitle } from '../../runbook/steps.js'
import { shownTime } from '../../runbook/report/input.js'
import { plural } from '../../text/plural.js'
import { html, type Html } from '../html.js'
import { runLink, table } from './layout.js'

/** `signsHere`: whether a run that knows these people and keys takes a decision of whoever looks from this page. */
export function inboxPage(
  { waiting, unknown }: Inbox,
  { timeZone, signsHere }: { timeZone: string; signsHere: (people: readonly Person[]) => boolean },
): Html {
  const cardsOf = (some: Inbox['waiting']): Html[] =>
    some.flatMap(({ run, gates }) => gates.map((gate) => gateCard(run, gate, timeZone)))
  const here = cardsOf(waiting.filter(({ people }) => signsHere(people)))
  const elsewhere = cardsOf(waiting.filter(({ people }) => !signsHere(people)))
  const nothing =
    unknown.length === 0
      ? 'Nothing waits for your decision.'
      : 'Nothing that could be read waits for your decision.'
  return html`${
      here.length > 0 &&
      html`<p>${plural(here.length, 'gate')} you may approve now.</p>
        <ul class="cards">
          ${here}
        </ul>`
    }
    ${here.length === 0 && html`<p>${elsewhere.length === 0 ? nothing : 'Nothing that you can decide here waits for you.'}</p>`}
    ${
      elsewhere.length > 0 &&
      html`<h2>Not with a passkey of this console</h2>
        <p>
          Your roles may approve these, and their runs know no passkey of yours for this console: they keep
          the people and keys of their start. They are decided in a terminal: by a key of yours that the run
          knows, by you without one where it asks for no signature, or by another person.
        </p>
        <ul class="cards">
          ${elsewhere}
        </ul>`
    }
    ${
      unknown.length > 0 &&
      html`<h2>Not known</h2>
        <ul>
          ${unknown.map(({ run, why }) => html`<li>${nameOf(run)}: ${why.message}</li>`)}
        </ul>`
    }
    <p><a href="/runs">All runs</a></p>`
}

function gateCard(run: RunRow, { gate, openedAt, expiresAt }: WaitingGate, timeZone: string): Html {
  return html`<li>
    <h2>
      <a href="${runLink('/decide', run, { gate })}">${gateTitle(gate, run.environment ?? '')}</a>
    </h2>
    <p>${nameOf(run)} in ${run.environment ?? 'an unknown environment'}</p>
    <p>
      ${openedAt !== undefined && html`Since ${shownTime(openedAt, timeZone)}`}${expiresAt !== undefined && html`, expires ${shownTime(expiresAt, timeZone)}`}
    </p>
  </li>`
}

export interface RunsFilter {
  environment: string
  phase: string
  outcome: string
  database: string
}

export function runsPage(all: readonly RunRow[], filter: RunsFilter, timeZone: string): Html {
  const shown = all.filter(
    (run) =>
      fits(run.environment, filter.environment) &&
      fits(run.phase, filter.phase) &&
      fits(run.outcome, filter.outcome) &&
      (filter.database === '' ||
        [run.databaseName, run.database].some((name) => name?.includes(filter.database) === true)),
  )
  const environments = [...new Set(all.flatMap(({ environment }) => environment ?? []))].sort()
  return html`<form class="filters" method="get" action="/runs">
      ${choice('environment', 'Environment', environments, filter.environment)}
      ${choice('phase', 'Phase', PHASES, filter.phase)}
      ${choice('outcome', 'Outcome', OUTCOMES, filter.outcome)}
      <div>
        <label for="database">Database</label
        ><input type="text" id="database" name="database" value="${filter.database}" />
      </div>
      <button>Show</button>
    </form>
    <p>${plural(shown.length, 'run')}${shown.length < all.length && ` of ${all.length}`}, newest first.</p>
    ${
      shown.length > 0 &&
      table(
        ['Run', 'Environment', 'Phase', 'Outcome', 'Started'],
        shown.map((run) => [
          html`<a href="${runLink('/run', run)}">${nameOf(run)}</a>`,
          run.environment ?? '-',
          run.phase ?? '-',
          run.outcome ?? '-',
          shownTime(run.startedAt, timeZone),
        ]),
      )
    }`
}

function fits(value: string | null, wanted: string): boolean {
  return wanted === '' || value === wanted
}

function choice(name: string, label: string, values: readonly string[], chosen: string): Html {
  const options = ['', ...values].map(
    (value) =>
      html`<option value="${value}" ${value === chosen && html` selected`}>
        ${value === '' ? 'any' : value}
      </option>`,
  )
  return html`<div>
    <label for="${name}">${label}</label
    ><select id="${name}" name="${name}">
      ${options}
    </select>
  </div>`
}

function nameOf({ databaseName, database, workflowId }: RunRow): string {
  return databaseName ?? database ?? workflowId
}
