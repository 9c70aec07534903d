import type { GateView, RunView } from '../../contract/run.js'
import { signedFields } from '../../runbook/people/signature.js'
import type { KnownPasskey } from '../people.js'
import { holdsRole, samePerson } from '../../runbook/people/people.js'
import { shownHash } from '../../runbook/shown.js'
import { whoLines, whyExcluded } from '../../runbook/who-decides.js'
import { proofText, requestText } from '../../runbook/people/provenance.js'
import { shownTime } from '../../runbook/report/input.js'
import { canonicalJson } from '../../contract/canonical-json.js'
import { defined } from '../../contract/defined.js'
import { html, wordsHtml, type Html } from '../html.js'
import { planPage } from './run.js'
import { assertionFields } from './signing-in.js'
import { runLink } from './layout.js'

export interface DecideInput {
  view: RunView
  gate: GateView
  person: string
  passkeys: readonly KnownPasskey[]
  rpId: string
  decisionId: string
  timeZone: string
  problem?: string | undefined
}

/** Exactly what is confirmed, by whom, and one press for each answer. */
export function decidePage(input: DecideInput): Html {
  const { view, gate, timeZone, problem } = input
  const decided = gate.decisions.map(
    ({ actor, decision, at, ...proof }) =>
      html`<li>
        ${actor} ${decision === 'approve' ? 'approved' : 'declined'}, ${shownTime(at, timeZone)}
        (${proofText(proof)})
      </li>`,
  )
  return html`${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    <p>
      ${view.database.name} in
      <strong>${view.environment}</strong>${view.database.remote ? '' : ', on this machine'};
      ${requestText(view)}. <a href="${runLink('/run', view)}">The run</a>
    </p>
    ${gate.state === 'open' && view.outcome === null && html`<p><a href="#decision">To the decision</a></p>`}
    ${
      // The plan's own lines are the same as text, for surfaces that have no other form.
      gate.plan === undefined
        ? html`<div class="shows">${gate.shows.map((line) => html`<p>${wordsHtml(line)}</p>`)}</div>`
        : planPage(view)
    }
    ${
      gate.plan === undefined &&
      gate.gate !== 'team-lead' &&
      view.planHash !== null &&
      html`<details>
        <summary>The plan</summary>
        ${planPage(view)}
      </details>`
    }
    <h2 id="decision">Who decides</h2>
    ${gate.who !== undefined && whoLines(gate.who).map((line) => html`<p class="line">${line}</p>`)}
    ${
      decided.length === 0
        ? html`<p>Nobody has decided yet.</p>`
        : html`<ul>
            ${decided}
          </ul>`
    }
    ${decisionForm(input)}`
}

function decisionForm({ view, gate, person, passkeys, rpId, decisionId }: DecideInput): Html {
  if (view.outcome !== null || gate.state !== 'open')
    return html`<p><strong>This gate is ${gate.state === 'waiting' ? 'not open' : gate.state}.</strong></p>`
  const roles = gate.who?.roles ?? []
  const people = gate.who?.people ?? []
  if (
    !holdsRole(
      person,
      roles,
      people.map((one) => ({ ...one, publicKeys: [] })),
    )
  )
    return html`<p><strong>You hold none of the roles that decide here.</strong></p>`
  const known = people.find(({ name }) => samePerson(name, person))
  const excluded = known?.excluded
  // Where anybody may decide, whoever is not in the charter has no key there all the same.
  const unknown = known === undefined && view.requireSignatures === true
  if (unknown || excluded === 'no-key' || excluded === 'no-hardware-key')
    return html`<p>
      <strong>This run knows no key of yours that may sign here:</strong> the charter of its worker has none.
    </p>`
  // There is nothing to decline there.
  if (excluded !== undefined && gate.gate === 'rollback')
    return html`<p><strong>You may not decide here:</strong> ${person} ${whyExcluded(excluded)}.</p>`
  if (passkeys.length === 0)
    return html`<p>
      <strong>No passkey of yours for this console is known to this run:</strong> it keeps the people and keys
      of its start. Decide by another key, let another person decide, or abort the run and start again.
    </p>`
  const shown = shownHash(gate)
  const planHash = view.planHash ?? undefined
  // As the decision will be read: what the script adds is which answer, the comment, and the way back.
  const { decision: _answer, ...fields } = signedFields(view, {
    ...{ gate: gate.gate, decision: 'approve', actor: person, decisionId, shown },
    ...defined({ planHash }),
  })
  const ways =
    gate.gate === 'rollback' ? (view.rollbackOptions ?? []).filter(({ available }) => available) : []
  return html`<form
    method="post"
    action="${runLink('/decide', view, { gate: gate.gate })}"
    data-passkey="decide"
    data-rp="${rpId}"
    data-credentials="${passkeys.map(({ passkey }) => passkey.credentialId).join(' ')}"
    data-fields="${canonicalJson(fields)}"
  >
    <input type="hidden" name="planHash" value="${planHash ?? ''}" /><input
      type="hidden"
      name="shown"
      value="${shown}"
    /><input type="hidden" name="decisionId" value="${decisionId}" /><input type="hidden" name="decision" />
    <h2>Your decision</h2>
    ${
      ways.length > 0 &&
      html`<fieldset>
        <legend>Which way</legend>
        ${[
          ...ways.map(({ strategy, title, price }) => wayChoice(strategy, `${title}. ${price.join('; ')}`)),
          wayChoice('none', 'Keep it as it is'),
        ]}
      </fieldset>`
    }
    <label for="comment">Comment, kept with the decision (may be left out)</label
    ><input type="text" id="comment" name="comment" maxlength="500" autocomplete="off" />
    <p class="line">
      You sign: plan <code>${planHash?.slice(0, 12) ?? 'none yet'}</code>, what stands above
      <code>${shown.slice(0, 12)}</code>.
    </p>
    ${excluded !== undefined && html`<p><strong>You may decline, and not approve:</strong> ${person} ${whyExcluded(excluded)}.</p>`}
    ${assertionFields()}
    <div class="actions">
      ${excluded === undefined && html`<button value="approve">Approve with your passkey</button>`}${gate.gate !== 'rollback' && html`<button value="reject" class="no">Decline</button>`}
    </div>
  </form>`
}

function wayChoice(strategy: string, text: string): Html {
  return html`<label><input type="radio" name="strategy" value="${strategy}" required />${text}</label>`
}
