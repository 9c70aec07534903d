import { randomUuid, type Random } from './random.js'
import * as words from './words.js'

const DAY_MS = 86_400_000
/** All dates lie before this one, so that two seedings a year apart are the same. */
const NEWEST = Date.UTC(2026, 8, 1)

export function user(random: Random, index: number) {
  const name = personName(random)
  const createdAt = moment(random)
  return {
    id: randomUuid(random),
    email: `${asciiSlug(name)}.${index + 1}@example.org`,
    display_name: random.chance(0.1) ? `${name} 🎨` : name,
    role: random.chance(0.06) ? random.pick(['curator', 'moderator', 'admin']) : 'contributor',
    locale: random.pick(words.LOCALES),
    email_verified_at: random.chance(0.7) ? createdAt : null,
    created_at: createdAt,
  }
}

export function artist(random: Random, index: number) {
  const name = random.chance(0.12) ? random.pick(words.OTHER_SCRIPTS) : personName(random)
  const born = random.chance(0.8) ? random.between(1880, 1998) : null
  return {
    id: index + 1,
    name,
    sort_name: name.split(' ').reverse().join(', '),
    born,
    died: born !== null && born < 1940 ? born + random.between(30, 70) : null,
    aliases: JSON.stringify(random.chance(0.2) ? [personName(random), random.pick(words.NOUNS)] : []),
    biography: random.chance(0.5)
      ? `Born near ${random.pick(words.PLACES)}. ${random.pick(words.REMARKS)}`
      : null,
    website: random.chance(0.3) ? `https://example.org/artists/${index + 1}` : null,
    created_at: moment(random),
  }
}

export function artwork(random: Random, users: { id: string }[]) {
  const createdAt = moment(random)
  return {
    id: randomUuid(random),
    title: `${random.pick(words.ADJECTIVES)} ${random.pick(words.NOUNS)}`,
    description: random.chance(0.75)
      ? `At ${random.pick(words.PLACES)}. ${random.pick(words.REMARKS)}`
      : null,
    kind: random.pick(words.KINDS),
    status: random.chance(0.85) ? 'approved' : random.pick(['pending', 'removed']),
    latitude: Math.round((49 + random.next()) * 1e6) / 1e6,
    longitude: Math.round((-123.5 + random.next()) * 1e6) / 1e6,
    photos: JSON.stringify(times(random.between(0, 4), (i) => photo(random, i))),
    blur_hash: random.chance(0.6) ? random.bytes(random.between(12, 24)) : null,
    created_on: random.chance(0.6) ? createdOn(random) : null,
    created_by: random.chance(0.9) ? member(random, users).id : null,
    created_at: createdAt,
    updated_at: createdAt,
  }
}

function photo(random: Random, index: number) {
  return {
    url: `https://photos.example.org/${randomUuid(random)}.jpg`,
    caption: index === 0 ? `${random.pick(words.NOUNS)}, ${random.pick(words.PLACES)}` : null,
    width: random.between(640, 4_000),
    height: random.between(480, 3_000),
  }
}

export function statusChange({ id, created_at }: { id: string; created_at: string }) {
  return {
    entity: 'artwork',
    entity_id: id,
    action: 'status',
    detail: JSON.stringify({ from: 'pending', to: 'approved' }),
    at: created_at,
  }
}

export function artistsOf(random: Random, artworkId: string, artists: unknown[]) {
  const first = random.between(1, artists.length - 1)
  const count = random.pick([0, 1, 1, 1, 2])
  return times(count, (i) => ({
    artwork_id: artworkId,
    artist_id: first + i,
    role: i === 0 ? 'artist' : 'assistant',
  }))
}

export function submission(
  random: Random,
  index: number,
  artworks: { id: string }[],
  users: { id: string }[],
) {
  const kind = random.pick(['new', 'edit', 'edit', 'photo', 'report'])
  return {
    id: index + 1,
    artwork_id: random.chance(0.92) ? member(random, artworks).id : null,
    user_id: random.chance(0.85) ? member(random, users).id : null,
    kind,
    state: random.pick(['open', 'accepted', 'accepted', 'rejected']),
    changes: JSON.stringify(
      kind === 'edit' ? { title: random.pick(words.NOUNS), year: random.between(1900, 2026) } : {},
    ),
    note: random.chance(0.4) ? random.pick(words.REMARKS) : null,
    submitted_at: moment(random),
  }
}

export function moderationDecision(
  random: Random,
  decided: { id: number; state: string },
  users: { id: string }[],
) {
  return {
    submission_id: decided.id,
    moderator_id: random.chance(0.95) ? member(random, users).id : null,
    verdict: decided.state,
    reason: decided.state === 'rejected' ? random.pick(words.REMARKS) : null,
    decided_at: moment(random),
  }
}

export function list(random: Random, index: number, users: { id: string }[]) {
  const name = `${random.pick(words.ADJECTIVES)} walk, ${random.pick(words.PLACES)}`
  return {
    id: index + 1,
    owner_id: member(random, users).id,
    name,
    slug: `${asciiSlug(name)}-${index + 1}`,
    description: random.chance(0.3) ? random.pick(words.REMARKS) : null,
    visibility: random.pick(['public', 'public', 'unlisted', 'private']),
    created_at: moment(random),
  }
}

/** Uneven lengths, some empty. Consecutive artworks of the archive, so that no list holds one twice. */
export function listItems(
  random: Random,
  count: number,
  lists: { id: number }[],
  artworks: { id: string }[],
) {
  const lengths = new Map<number, number>()
  return times(count, () => {
    const list = lists[Math.floor(random.next() ** 2 * lists.length * 0.97)] ?? member(random, lists)
    const before = lengths.get(list.id) ?? 0
    lengths.set(list.id, before + 1)
    return {
      list_id: list.id,
      artwork_id: artworks[(list.id * 13 + before) % artworks.length]?.id ?? null,
      position: before + 1,
      note: random.chance(0.2) ? random.pick(words.REMARKS) : null,
      added_at: moment(random),
    }
  })
}

export function tag(random: Random, label: string, index: number) {
  return { id: index + 1, label, category: random.pick(words.TAG_CATEGORIES) }
}

export function artworkTags(
  random: Random,
  count: number,
  artworks: { id: string }[],
  users: { id: string }[],
) {
  return times(count, (i) => ({
    artwork_id: artworks[i % artworks.length]?.id ?? null,
    // Each round through the artworks takes the next part of the tags, so no pair comes twice.
    tag_id: Math.floor(i / artworks.length) * 12 + random.between(1, 12),
    tagged_by: random.chance(0.8) ? member(random, users).id : null,
  }))
}

function personName(random: Random): string {
  return `${random.pick(words.GIVEN_NAMES)} ${random.pick(words.FAMILY_NAMES)}`
}

/** `YYYY-MM-DD HH:MM:SS`, as SQLite's CURRENT_TIMESTAMP writes it. */
function moment(random: Random): string {
  const date = new Date(NEWEST - random.between(0, 2_000 * DAY_MS))
  return date.toISOString().slice(0, 19).replace('T', ' ')
}

/** Dates of old works are rarely exact: a year, a month or a day. */
function createdOn(random: Random): string {
  const year = String(random.between(1905, 2025))
  const month = String(random.between(1, 12)).padStart(2, '0')
  const day = String(random.between(1, 28)).padStart(2, '0')
  return random.pick([year, `${year}-${month}`, `${year}-${month}-${day}`])
}

function asciiSlug(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
}

function member<T>(random: Random, members: T[]): T {
  const found = members[random.between(0, members.length - 1)]
  if (found === undefined) throw new RangeError('Nothing to choose from.')
  return found
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
