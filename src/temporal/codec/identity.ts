import { isKeyId, type CodecKeys } from './keys.js'

const KEYS = ' keys='

/**
 * Who a worker says that it is, to all who ask for the pollers of a queue: with the names of its keys, the writing one first. So
 * a client knows before it starts a run whether the worker can read it, and whether it would be the only one that does not encrypt.
 */
export function identityWith(own: string, { keys }: CodecKeys): string {
  return keys.size === 0 ? own : `${own}${KEYS}${[...keys.keys()].join(',')}`
}

/** Names of the keys of a worker; none where it has none, or is of a version before them. */
export function keysInIdentity(identity: string): string[] {
  const [, names] = identity.split(KEYS)
  return names === undefined ? [] : names.split(',').filter(isKeyId)
}
