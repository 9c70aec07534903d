import { isKeyId, type CodecKeys } from './keys.js'

const KEYS = ' keys='
const KNOWS = ' knows='
const PROPOSALS = 'proposals'
const CHARTERS = ' charters='

/** What is told of a hash, and of how many: Temporal takes 1,000 characters of an identity. */
const TOLD_OF_HASH = 12
const MOST_CHARTERS = 40

/**
 * Who a worker says that it is, to all who ask for the pollers of a queue: with the hashes of the charters that it serves by, and
 * the names of its keys, the writing one first. So a client knows before it starts a run whether it would be held to what the
 * project says, whether the worker can read it, and whether it would be the only one that does not encrypt; and whether the worker holds what an
 * agent proposed to people, which one of an earlier version takes for a run of a person.
 */
export function identityWith(own: string, { keys }: CodecKeys, charters: readonly string[] = []): string {
  const told = charters.length > MOST_CHARTERS ? [] : charters.map((hash) => hash.slice(0, TOLD_OF_HASH))
  const served = told.length === 0 ? '' : `${CHARTERS}${told.join(',')}`
  return `${own}${KNOWS}${PROPOSALS}${served}${keys.size === 0 ? '' : `${KEYS}${[...keys.keys()].join(',')}`}`
}

/** First digits of the hashes of the charters that a worker serves by; undefined where it does not say. */
export function chartersInIdentity(identity: string): string[] | undefined {
  const [, said] = (identity.split(KEYS)[0] ?? '').split(CHARTERS)
  return said?.split(',').filter((hash) => /^[0-9a-f]{12}$/.test(hash))
}

/** Names of the keys of a worker; none where it has none, or is of a version before them. */
export function keysInIdentity(identity: string): string[] {
  const [, names] = identity.split(KEYS)
  return names === undefined ? [] : names.split(',').filter(isKeyId)
}

/** Whether a worker tells apart what an agent proposed; one that does not say so is of a version that drops it. */
export function knowsProposals(identity: string): boolean {
  const [, said] = (identity.split(KEYS)[0] ?? '').split(CHARTERS)[0]?.split(KNOWS) ?? []
  return said?.split(',').includes(PROPOSALS) === true
}
