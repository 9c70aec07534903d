import type { Assertion } from '../contract/decision.js'
import type { Person } from '../contract/policy.js'
import { readAnswer } from '../runbook/people/assertion.js'
import { challengeBytes } from '../runbook/people/new-passkey.js'
import { samePerson } from '../runbook/people/people.js'
import { readPasskey, type Passkey } from '../runbook/people/passkey.js'

export interface KnownPasskey {
  /** As `people` has the name. */
  person: string
  passkey: Passkey
}

/** Those of the configuration that this page may ask; of everybody, or of one person. */
export function passkeysOf(
  people: readonly Person[],
  { origin, person }: { origin: string; person?: string },
): KnownPasskey[] {
  return people
    .filter(({ name }) => person === undefined || samePerson(name, person))
    .flatMap(({ name, publicKeys }) =>
      publicKeys.map((line) => ({ person: name, passkey: readPasskey(line) })),
    )
    .flatMap(({ person: name, passkey }) =>
      passkey?.origins.includes(origin) === true ? [{ person: name, passkey }] : [],
    )
}

/** Who signed in, or why nobody did. */
export function whoSignedIn(
  assertion: Assertion,
  { known, challenge }: { known: readonly KnownPasskey[]; challenge: string },
): { person: string } | { problem: string } {
  const found = known.filter(({ passkey }) => passkey.credentialId === assertion.credentialId)
  const [one] = found
  if (one === undefined)
    return {
      problem:
        'This passkey stands in nobody’s publicKeys. Once its line is merged, start the console again.',
    }
  if (found.some(({ person }) => !samePerson(person, one.person)))
    return { problem: 'This passkey stands in the publicKeys of two people: it lets in neither.' }
  const answer = readAnswer(assertion, { passkey: one.passkey, challenge: challengeBytes(challenge) })
  return typeof answer === 'string' ? { problem: `Not signed in: ${answer}.` } : { person: one.person }
}
