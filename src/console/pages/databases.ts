import type { LastRuns, RunRow } from '../../client/list.js'
import { freezesAhead, freezeText } from '../../runbook/freezes.js'
import { windowState } from '../../runbook/window.js'
import { shownTime } from '../../runbook/report/input.js'
import { formatDuration } from '../../text/duration.js'
import { plural } from '../../text/plural.js'
import type { BackupSeen, DatabaseEntry, DatabaseLook, Known } from '../databases.js'
import { html, wordsHtml, type Html, type Piece } from '../html.js'
import { runLink } from './layout.js'
import type { Status } from '../../contract/status.js'

export interface DatabaseRow {
  entry: DatabaseEntry
  runs: Known<LastRuns>
  look?: DatabaseLook
  /** Somebody asked for one that is not over. */
  underWay: boolean
}

/** `now`: epoch milliseconds. `timeZone`: of the page; times of an environment are in its own. */
export function databasesPage(
  rows: readonly DatabaseRow[],
  { now, timeZone }: { now: number; timeZone: string },
): Html {
  if (rows.length === 0) return html`<p>The configuration has no database that you may read of.</p>`
  return html`<p>
      Windows, freezes and runs as of ${shownTime(new Date(now).toISOString(), timeZone)}. A database, its
      ledger and its archives are looked at when somebody asks for it, and never by themselves.
    </p>
    ${rows.map((row) => databaseSection(row, now))}`
}

function databaseSection({ entry, runs, look, underWay }: DatabaseRow, now: number): Html {
  const { environment, timeZone, database, times } = entry
  const inZone = (iso: string): string => shownTime(iso, timeZone)
  return html`<section>
    <h2>${environment}: ${'unknown' in database ? 'not known' : database.value.name}</h2>
    ${'unknown' in database && html`<p class="problem">${database.unknown}</p>`}
    <dl class="facts">
      ${'value' in database && fact('Where', html`<code>${database.value.id}</code>, ${database.value.remote ? 'at Cloudflare' : 'on the machine of the console'}`)}
      ${fact(
        'Window',
        told(times, (value) => windowText(value, { now, inZone })),
      )}
      ${fact(
        'Freezes',
        told(times, ({ freezes = [] }) => freezesText(freezes, { now, timeZone })),
      )}
      ${fact(
        'Under way',
        told(runs, ({ open }) => runsUnderWay(open, inZone)),
      )}
      ${fact(
        'Last run',
        told(runs, ({ last }) => lastRun(last, inZone)),
      )}
      ${
        look !== undefined && [
          fact(
            'Newest backup',
            told(look.backup, (seen) => backupText(seen, { look, inZone })),
          ),
          fact('Ledger', told(look.status, ledgerText)),
          fact('Schema', schemaText(look, runs)),
        ]
      }
    </dl>
    <form method="post" action="/databases">
      <input type="hidden" name="environment" value="${environment}" />
      <p>
        ${look === undefined ? 'Backup, ledger and schema: nobody has looked since the console started.' : `Backup, ledger and schema as of ${inZone(look.at)}.`}
        ${underWay && 'A look is under way: load the page again to see it.'}
      </p>
      <div class="actions">
        <button class="quiet" aria-label="Look at ${environment} now">Look now</button>
      </div>
    </form>
  </section>`
}

function fact(name: string, value: Piece): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`
}

function told<T>(seen: Known<T>, text: (value: T) => Piece): Piece {
  return 'unknown' in seen ? html`<strong>Not known</strong>: ${seen.unknown}` : text(seen.value)
}

type Times = Extract<DatabaseEntry['times'], { value: unknown }>['value']

function windowText(
  { window, freezes }: Times,
  { now, inZone }: { now: number; inZone: (iso: string) => string },
): Piece {
  const state = windowState({ window, freezes, now })
  if (window === undefined)
    return state.state === 'open'
      ? 'none is configured: a run applies once it is approved'
      : 'none is configured: a run applies once it is approved and no freeze holds'
  const span = `${inZone(window.opensAt)} to ${inZone(window.closesAt)}`
  if (windowState({ window, now }).state === 'closed') return `the configured one is over: ${span}`
  if (state.state === 'closed') return `the configured one lies in a freeze: ${span}`
  const until = inZone(new Date(now + state.forMs).toISOString())
  switch (state.state) {
    case 'open':
      return `open until ${until}; configured is ${span}`
    case 'before':
      return state.freeze === undefined
        ? `opens ${inZone(window.opensAt)}, until ${inZone(window.closesAt)}`
        : `${span}, and frozen until ${until}`
  }
}

function freezesText(
  freezes: NonNullable<Times['freezes']>,
  { now, timeZone }: { now: number; timeZone: string },
): Piece {
  const [next, ...later] = freezesAhead(freezes, now)
  if (next === undefined)
    return freezes.length === 0 ? 'none is configured' : 'all that are configured are over'
  const holds = Date.parse(next.from) <= now
  return html`${holds && html`<strong>one holds</strong>: `}${freezeText(next, timeZone)}${later.length > 0 && `; ${later.length} more to come`}`
}

function runsUnderWay(open: readonly RunRow[], inZone: (iso: string) => string): Piece {
  if (open.length === 0) return 'no run'
  return open.map(
    (run, at) =>
      html`${at > 0 && '; '}<a href="${runLink('/run', run)}">a run since ${inZone(run.startedAt)}</a
        >${run.phase !== null && `, in ${run.phase}`}`,
  )
}

function lastRun(last: RunRow | undefined, inZone: (iso: string) => string): Piece {
  if (last === undefined) return 'none that is over is kept by this Temporal server'
  const ended = last.closedAt ?? last.startedAt
  return html`<a href="${runLink('/run', last)}"
      >${last.outcome ?? `ended from outside (${last.status.toLowerCase()})`}</a
    >, ${inZone(ended)}`
}

function backupText(
  { newest, place, shared, unreadable }: BackupSeen,
  { look, inZone }: { look: DatabaseLook; inZone: (iso: string) => string },
): Piece {
  const elsewhere = shared ? '' : ' What workers on other machines keep is not seen from here.'
  const broken =
    unreadable.length > 0 &&
    html` <strong>${plural(unreadable.length, 'newer file')}</strong> could not be read:
      ${unreadable.join(', ')}.`
  if (newest === undefined) return html`<strong>none</strong> in ${place}.${broken}${elsewhere}`
  const age = formatDuration(Date.parse(look.at) - Date.parse(newest.createdAt))
  const proof =
    newest.proof === 'metadata'
      ? 'Its metadata say that it was restored and compared when it was made.'
      : 'Archives get such a name once they were restored and compared; this one was not read now.'
  return html`${inZone(newest.createdAt)}, ${age} before the look: <code>${newest.name}</code> in ${place}.
    ${proof}${broken}${elsewhere}`
}

const SHOWN_FILES = 5

function ledgerText({ applied, pending, conflicts, alreadyThere }: Status): Piece {
  const blocking = conflicts.filter((conflict) => conflict.blocking !== false)
  const names = pending.slice(0, SHOWN_FILES).map(({ name }) => name)
  const more = pending.length > SHOWN_FILES ? ` and ${pending.length - SHOWN_FILES} more` : ''
  return html`${plural(applied.length, 'file')} applied,
  ${pending.length === 0 ? 'none of the folder pending' : `${pending.length} pending: ${names.join(', ')}${more}`}.
  ${
    conflicts.length > 0 &&
    html`<strong class="${blocking.length > 0 ? 'error' : 'warning'}"
        >${plural(conflicts.length, 'conflict')}</strong
      >${blocking.length > 0 && `, of which ${blocking.length} ${blocking.length === 1 ? 'blocks' : 'block'}`}:
      ${conflicts.slice(0, SHOWN_FILES).map(({ code, migration, message }, at) => `${at > 0 ? '; ' : ''}${code} ${migration}: ${message}`)}`
  }
  ${alreadyThere !== undefined && html`${alreadyThere.migration} is pending, and what it makes is there already. ${wordsHtml(alreadyThere.advice)}`}`
}

/** The schema as it was read, against the one that the last run left. */
function schemaText({ status, left }: DatabaseLook, runs: Known<LastRuns>): Piece {
  if ('unknown' in status) return html`<strong>Not known</strong>: it could not be read`
  const now = html`<code>${status.value.schemaFingerprint.slice(0, 12)}</code>`
  if ('unknown' in left)
    return html`${now}. Whether it drifted is <strong>not known</strong>: ${left.unknown}`
  const { fingerprint, run } = left.value
  const link = html`<a href="${runLink('/run', run)}">the last run that is over</a>`
  if (fingerprint === status.value.schemaFingerprint) return html`${now}, as ${link} left it`
  const underWay = 'value' in runs && runs.value.open.length > 0
  return html`<strong class="${underWay ? 'warning' : 'error'}">another</strong> than ${link} left: it is
    ${now}, and was
    <code>${fingerprint.slice(0, 12)}</code>${underWay && '. A run is under way, which may have changed it'}`
}
