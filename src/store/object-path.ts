import { KINDS, type Kind, type ObjectKey } from './store.js'

/** `<database>/<run>/<kind>/<name>`: four names, whatever they hold, and no way out. */
export function objectPath(databaseId: string, { run, kind, name }: ObjectKey): string {
  return [databaseId, run, kind, name].map(partOf).join('/')
}

/** The key of an object of this database; undefined for any other path. */
export function keyOfPath(databaseId: string, path: string): ObjectKey | undefined {
  const [database, run, kind, name, ...more] = path.split('/')
  if (run === undefined || name === undefined || more.length > 0 || !isKind(kind)) return undefined
  const key = { run: nameOf(run), kind, name: nameOf(name) }
  // What is written in another way is another object, or none.
  return database === partOf(databaseId) && objectPath(databaseId, key) === path ? key : undefined
}

/** As itself wherever a name is an ordinary one: people read these paths. */
export function partOf(name: string): string {
  if (name === '') throw new Error('an object needs a name')
  const safe = name.replaceAll(/[%/\\:*?"<>|\p{Cc}]/gu, (one) => encodeURIComponent(one).replace('*', '%2A'))
  return safe.startsWith('.') ? `%2E${safe.slice(1)}` : safe
}

function nameOf(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function isKind(text: string | undefined): text is Kind {
  return KINDS.some((kind) => kind === text)
}
