import { authenticatorText, peopleEntry, type AuthenticatorSaid } from '../../runbook/people/new-passkey.js'
import { command, words } from '../../contract/next-command.js'
import { html, wordsHtml, type Html } from '../html.js'

/** Filled by the script from what the passkey answers. */
export function assertionFields(): Html {
  return html`<input type="hidden" name="credentialId" /><input
      type="hidden"
      name="authenticatorData"
    /><input type="hidden" name="clientDataJSON" /><input type="hidden" name="signature" />
    <p role="alert" class="problem"></p>
    <noscript
      ><p class="problem">A passkey is asked by a script, which this browser does not run.</p></noscript
    >`
}

/** `to`: the page that was asked for. */
export function signInPage(input: {
  rpId: string
  challenge: string
  to: string
  problem?: string | undefined
}): Html {
  const { rpId, challenge, to, problem } = input
  return html`${problem !== undefined && html`<p class="problem">${problem}</p>`}
    <p>
      Whoever stands in <code>people</code> of the configuration with a passkey reads here what the
      configuration lets them, and decides what their roles allow.
    </p>
    <form method="post" action="/sign-in" data-passkey="sign-in" data-rp="${rpId}">
      <input type="hidden" name="challenge" value="${challenge}" /><input
        type="hidden"
        name="to"
        value="${to}"
      />
      ${assertionFields()}
      <div class="actions"><button>Sign in with a passkey</button></div>
    </form>
    <p>Signed in already, and came here by a link from elsewhere? <a href="${to}">Go on</a>.</p>
    <p>
      ${wordsHtml(words`No passkey yet? Somebody with the project types ${command('enroll', 'YOUR NAME')} and gives you the link.`)}
    </p>`
}

export function enrollPage(input: {
  rpId: string
  challenge: string
  person: string
  user: string
  path: string
}): Html {
  const { rpId, challenge, person, user, path } = input
  return html`<p>
      This makes a passkey for <strong>${person}</strong>, with which decisions of runs are signed on this
      device. It counts once its line is merged into <code>people</code> of the configuration, and workers
      were started with that.
    </p>
    <form
      method="post"
      action="${path}"
      data-passkey="enroll"
      data-rp="${rpId}"
      data-person="${person}"
      data-user="${user}"
    >
      <input type="hidden" name="challenge" value="${challenge}" />
      ${assertionFields()}
      <div class="actions"><button>Make a passkey</button></div>
    </form>`
}

export function enrolledPage(input: {
  person: string
  publicKey: string
  authenticator: AuthenticatorSaid
  /** They stand in `people` already. */
  isKnown: boolean
}): Html {
  const { person, publicKey, authenticator, isKnown } = input
  return html`<p>
      The passkey is made. Add
      ${
        isKnown
          ? html`this line to <code>publicKeys</code> of <strong>${person}</strong>`
          : html`this entry, with the roles of <strong>${person}</strong>, to <code>people</code>`
      }
      in <code>runbook.config</code>, by a pull request: who merges it says that this passkey is theirs. It
      stands in the terminal that gave you the link, too.
    </p>
    <pre tabindex="0"><code>${isKnown ? publicKey : peopleEntry(person, publicKey)}</code></pre>
    <p>${authenticatorText(authenticator)}</p>
    <p>Nothing was written to the configuration.</p>`
}
