import type { Person } from '../../contract/policy.js'

export function samePerson(a: string, b: string): boolean {
  return personKey(a) === personKey(b)
}

export function holdsRole(actor: string, roles: readonly string[], people: readonly Person[]): boolean {
  if (roles.length === 0) return true
  const held = people.filter(({ name }) => samePerson(name, actor)).flatMap((person) => person.roles)
  return held.some((role) => roles.some((wanted) => roleKey(wanted) === roleKey(role)))
}

/** `Team Lead` and `team-lead` are one role. */
export function roleKey(role: string): string {
  return personKey(role).replace(/[\s_-]+/g, '-')
}

/** The same name typed with other capitals, spaces or code points must not make a second person. */
export function personKey(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
}
