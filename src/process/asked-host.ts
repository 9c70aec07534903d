import { isIP } from 'node:net'

/** Names besides its own by which a server of ours is asked, as of a proxy before it: separated by commas. */
export const HOSTS_VARIABLE = 'D1_RUNBOOK_HOSTS'

/** What the header `Host` may name. */
export interface OwnHost {
  /** What is listened on. */
  host: string
  /** Further names. */
  names?: readonly string[]
}

/**
 * Whether a request was meant for us, by its header `Host`. A page whose name its owner lets lead to our address a moment later (DNS rebinding)
 * reads our answers as its own, and the browser says that name. An address is no name that anybody could let lead elsewhere; who sends no header is
 * no browser.
 */
export function isAskedAs({ host, names = [] }: OwnHost, header: string | undefined): boolean {
  if (header === undefined) return true
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d*)?$/.exec(header) ?? []
  if (bracketed !== undefined) return isIP(bracketed) === 6
  const name = plain.toLowerCase().replace(/\.$/, '')
  if (isIP(name) === 4 || name === 'localhost' || name.endsWith('.localhost')) return true
  return name !== '' && [host, ...names].some((own) => own.toLowerCase() === name)
}

export function namedHosts(env: NodeJS.ProcessEnv): string[] {
  return (env[HOSTS_VARIABLE] ?? '').split(/[\s,]+/).filter((name) => name !== '')
}

/** What is answered instead. */
export const NOT_ASKED_AS = `Host: no name of this server. Names of its own are listed in ${HOSTS_VARIABLE}.`
