/**
 * The only script of the console: it asks a passkey, and shows a run as it goes on. Reading needs none of it. What a decision signs is made
 * here, of the very fields that the page sends: `signedFields`, as JSON with its names in order.
 */
export const CONSOLE_SCRIPT = `'use strict'
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '')
const bytes = (base64url) => Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0))
const fill = (form, values) => { for (const [name, value] of Object.entries(values)) form.elements[name].value = value }
const answerOf = ({ id, response }) => ({ credentialId: id, clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData ?? response.getAuthenticatorData()) })

async function signIn(form) {
  const publicKey = { challenge: bytes(form.elements.challenge.value), rpId: form.dataset.rp, userVerification: 'required', allowCredentials: [] }
  const made = await navigator.credentials.get({ publicKey })
  fill(form, { ...answerOf(made), signature: text(made.response.signature) })
}

async function enroll(form) {
  const { rp, person } = form.dataset
  const user = { id: bytes(form.dataset.user), name: person, displayName: person }
  const authenticatorSelection = { residentKey: 'required', requireResidentKey: true, userVerification: 'required' }
  const pubKeyCredParams = [-7, -8].map((alg) => ({ type: 'public-key', alg }))
  const challenge = bytes(form.elements.challenge.value)
  const made = await navigator.credentials.create({ publicKey: { challenge, rp: { id: rp, name: 'd1-runbook' }, user, pubKeyCredParams, authenticatorSelection, attestation: 'none' } })
  fill(form, answerOf(made))
}

async function decide(form, pressed) {
  const fields = JSON.parse(form.dataset.fields)
  fields.decision = pressed.value
  const comment = form.elements.comment.value.trim()
  if (comment !== '') fields.comment = comment
  const way = form.querySelector('input[name=strategy]:checked')
  if (way !== null && pressed.value === 'approve') fields.strategy = way.value
  const ordered = JSON.stringify(Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))))
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ordered))
  const allowCredentials = form.dataset.credentials.split(' ').map((id) => ({ type: 'public-key', id: bytes(id) }))
  const made = await navigator.credentials.get({ publicKey: { challenge, rpId: form.dataset.rp, userVerification: 'required', allowCredentials } })
  fill(form, { ...answerOf(made), signature: text(made.response.signature), decision: pressed.value })
}

const asked = { 'sign-in': signIn, enroll, decide }
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const problem = form.querySelector('[role=alert]')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    problem.textContent = ''
    const buttons = [...form.querySelectorAll('button')]
    for (const button of buttons) button.disabled = true
    Promise.resolve()
      .then(() => { if (window.PublicKeyCredential === undefined) throw new Error('This browser knows no passkeys, or the page is not served over HTTPS.') })
      .then(() => asked[form.dataset.passkey](form, event.submitter))
      .then(() => form.submit())
      .catch((error) => {
        problem.textContent = 'The passkey did not answer: ' + error.message
        for (const button of buttons) button.disabled = false
      })
  })
}

const live = document.getElementById('live')
if (live !== null && live.dataset.events !== undefined) {
  const heard = document.getElementById('heard')
  const source = new EventSource(live.dataset.events)
  source.addEventListener('run', ({ data }) => {
    const { html, word } = JSON.parse(data)
    live.innerHTML = html
    if (heard.textContent !== word) heard.textContent = word
  })
  const stale = document.getElementById('stale')
  source.addEventListener('silence', ({ data }) => { stale.textContent = data })
  source.addEventListener('open', () => { stale.textContent = '' })
  source.addEventListener('error', () => {
    stale.textContent = source.readyState === EventSource.CLOSED ? 'This page hears of the run no more: load it again.' : 'This page does not hear of the run now, and tries again.'
  })
  source.addEventListener('over', () => source.close())
}
`
