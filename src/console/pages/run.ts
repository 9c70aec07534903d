import { defined } from '../../contract/defined.js'
import type { Plan } from '../../contract/plan.js'
import type { RunView, StepView } from '../../contract/run.js'
import { gateWord, stepWord } from '../../runbook/standing.js'
import { gateTitle, RUNBOOK_STEPS, stepTitle } from '../../runbook/steps.js'
import { reportSections, standingOf } from '../../runbook/report/html.js'
import { shownTime, type ReportInput } from '../../runbook/report/input.js'
import { planView } from '../../runbook/plan-view.js'
import { planBlocks, planHeadline } from '../../runbook/plan-blocks.js'
import { html, Html, wordsHtml } from '../html.js'
import { linesOf } from '../../contract/next-command.js'
import { runLink } from './layout.js'

/** Of the messages the newest, each with its first line: the report has all. */
const SHOWN_MESSAGES = 10

/** What changes while a run goes on: how it stands, the runbook's checklist, who is asked, messages and the charts of the monitoring. */
export function liveRun(input: ReportInput): Html {
  const { view, timeZone } = input
  const open = view.outcome === null ? view.gates.filter(({ state }) => state === 'open') : []
  return html`${new Html(standingOf(input).html)}
    ${
      open.length > 0 &&
      html`<ul class="cards">
        ${open.map(
          ({ gate }) =>
            html`<li>
              <h2>${gateTitle(gate, view.environment)}</h2>
              <p><a class="button" href="${runLink('/decide', view, { gate })}">Look and decide</a></p>
            </li>`,
        )}
      </ul>`
    }
    <h2>Checklist</h2>
    <ul class="ticks">
      ${view.steps.map((step) => stepTick(step, view, timeZone))}
    </ul>
    <h2>Messages</h2>
    ${
      view.announcements.length === 0
        ? html`<p>None yet.</p>`
        : html`<ul>
            ${view.announcements
              .slice(-SHOWN_MESSAGES)
              .map(
                ({ at, text }) =>
                  html`<li>${shownTime(at, timeZone)}: ${wordsHtml(linesOf(text)[0] ?? '')}</li>`,
              )}
          </ul>`
    }
    ${new Html(reportSections(input, ['monitoring']))}`
}

export function runPage(input: ReportInput): Html {
  const { view } = input
  const word = standingOf(input).word
  const events = view.outcome === null ? html` data-events="${runLink('/events', view)}"` : undefined
  return html`<p>
      <a href="${runLink('/plan', view)}">Plan</a> · <a href="${runLink('/report', view)}">Report</a> ·
      <code>${view.workflowId}</code>
    </p>
    <p id="heard" class="heard" role="status">${word}</p>
    <p id="stale" class="problem" role="alert"></p>
    <div id="live" ${events}>${liveRun(input)}</div>
    <noscript
      ><p>
        <a href="${runLink('/run', view)}">Look again</a>: without a script this page stays as it is.
      </p></noscript
    >
    ${new Html(reportSections(input, ['approvals']))}`
}

const TONES: Record<StepView['state'], [tone: string, mark: string]> = {
  waiting: ['neutral', '…'],
  running: ['neutral', '▶'],
  done: ['good', '✓'],
  failed: ['bad', '✗'],
  stopped: ['warn', '!'],
  skipped: ['neutral', '-'],
}

function stepTick(step: StepView, view: RunView, timeZone: string | undefined): Html {
  const [tone, mark] = TONES[step.state]
  const when = step.endedAt ?? step.startedAt
  const gates = view.gates.filter(
    ({ gate, state }) => state !== 'waiting' && stepGates(step.step).includes(gate),
  )
  return html`<li class="${tone}">
    <b>${mark} ${stepWord(step, view)}</b
    ><span
      >${stepTitle(step.step)}${when !== undefined && html` (${shownTime(when, timeZone)})`}${step.detail !== undefined && html`: ${step.detail}`}${gates.map(
        (gate) =>
          html`<br />${gate.gate}:
            ${gateWord(gate, view)}${gate.decisions.length > 0 && ` by ${gate.decisions.map(({ actor }) => actor).join(', ')}`}`,
      )}</span
    >
  </li>`
}

function stepGates(step: string): readonly string[] {
  return RUNBOOK_STEPS.find((known) => known.step === step)?.gates ?? []
}

/** The plan, as every surface shows it. `whole`: as the run's history has it, of which the gate keeps a part. */
export function planPage(view: RunView, whole: Plan | null = null): Html {
  const kept = view.gates.find(({ gate }) => gate === 'plan')?.plan
  const answersForWayBack = kept?.wayBack?.answered === true
  const plan =
    whole === null || whole.planHash !== view.planHash
      ? kept
      : planView(whole, { whole: true, answersForWayBack, ...defined({ baseline: kept?.baseline }) })
  if (plan === undefined)
    return html`<p>
      ${view.planHash === null ? 'No plan is made yet.' : 'This run keeps no plan as a value; its report has it.'}
    </p>`
  return html`<p><strong>${planHeadline(plan)}</strong></p>
    <p class="line"><code>${plan.planHash}</code></p>
    ${planBlocks(plan).map(
      ({ title, parts }) =>
        html`<section>
          <h2>${title}</h2>
          ${parts.map((part) =>
            part.kind === 'line'
              ? html`<p
                  class="line${part.tone === 'error' || part.tone === 'warning' ? ` ${part.tone}` : ''}"
                >
                  ${part.under === true && '– '}${part.tone === 'name' ? html`<strong>${part.text}</strong>` : part.text}
                </p>`
              : html`<pre
                  tabindex="0"
                ><code>${part.rows.flatMap((row) => [diffRow(row, part.language), '\n'])}</code></pre>`,
          )}
        </section>`,
    )}`
}

function diffRow(row: string, language: 'sql' | 'diff'): Html {
  const kind =
    language === 'diff' && row.startsWith('+')
      ? 'added'
      : language === 'diff' && row.startsWith('-')
        ? 'removed'
        : undefined
  return kind === undefined ? html`${row}` : html`<span class="${kind}">${row}</span>`
}
