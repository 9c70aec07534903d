import type { ClaimDifference } from '../../contract/admission.js'
import { cutText } from '../../contract/limits.js'
import type { CharteredEnvironment } from '../../contract/charter.js'
import type { Target } from '../../contract/target.js'
import { canonicalJson } from '../../contract/canonical-json.js'
import { placeless } from './charter-hash.js'
import { settingName } from './setting-names.js'

/** Past it, one more entry says how many there are. */
const SHOWN = 50
const VALUE_LENGTH = 200

/**
 * Where two values of one shape differ: by name in objects, as a whole where one of them is a list or a plain value. Of both,
 * only the names of `holds` and of `claimed` that are there count: undefined and absent are the same.
 */
export function differencesOf(claimed: unknown, holds: unknown): ClaimDifference[] {
  const found = [...walk(claimed, holds, [])]
  const more = found.length - SHOWN
  if (more <= 0) return found
  return [...found.slice(0, SHOWN), { path: `and ${more} more`, claimed: '', holds: '' }]
}

/** An entry, with the variables that may be named beside it; absent where who sent it did not say. */
export type Settings = CharteredEnvironment & { variables?: readonly string[] | undefined }

/**
 * Where two entries of charters differ, by the names of the configuration; but for where the project lies on each machine, and for what
 * is the run's own.
 */
export function settingDifferences(claimed: Settings, holds: Settings): ClaimDifference[] {
  const bothSay = claimed.variables !== undefined && holds.variables !== undefined
  const places = placesThatDiffer(claimed.target, holds.target)
  return differencesOf(
    comparable(claimed, { places: places.claimed, bothSay }),
    comparable(holds, { places: places.holds, bothSay }),
  ).map((difference) => ({ ...difference, path: settingName(difference.path) }))
}

function comparable(
  { variables = [], ...environment }: Settings,
  { places, bothSay }: { places: Places; bothSay: boolean },
): object {
  const { timeScale: _ofTheRun, ...monitoring } = environment.monitoring
  const entry = placeless(environment)
  return {
    ...entry,
    target: { ...(isRecord(entry['target']) ? entry['target'] : {}), ...places },
    monitoring,
    ...(bothSay ? { variables: [...variables].sort() } : {}),
  }
}

/** Folders and files of a project that its configuration names. */
const CONFIGURED_PLACES = ['backupDir', 'migrationsDir', 'wranglerConfig'] as const
type Places = Partial<Record<(typeof CONFIGURED_PLACES)[number], string>>

/** Another machine has its project elsewhere: a place differs where it is another one of the disk, and another one of the project. */
function placesThatDiffer(claimed: Target, holds: Target): { claimed: Places; holds: Places } {
  const differing = CONFIGURED_PLACES.filter(
    (name) =>
      claimed[name] !== holds[name] &&
      fromProject(claimed, claimed[name]).join('/') !== fromProject(holds, holds[name]).join('/'),
  )
  const shown = (target: Target): Places =>
    Object.fromEntries(
      differing.map((name) => {
        const way = fromProject(target, target[name])
        return [name, way[0] === '..' ? target[name] : way.join('/') || '.']
      }),
    )
  return { claimed: shown(claimed), holds: shown(holds) }
}

/** The way from the project's folder, as a path of either kind of system. */
function fromProject({ projectDir }: Target, place: string): string[] {
  const [from, to] = [projectDir, place].map((file) => file.split(/[\\/]/).filter((part) => part !== ''))
  if (from === undefined || to === undefined) return [place]
  const other = from.findIndex((part, index) => part !== to[index])
  const shared = other === -1 ? from.length : other
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)]
}

function* walk(claimed: unknown, holds: unknown, path: string[]): Generator<ClaimDifference> {
  if (isRecord(claimed) && isRecord(holds)) {
    const names = [...new Set([...Object.keys(holds), ...Object.keys(claimed)])].sort()
    for (const name of names) yield* walk(claimed[name], holds[name], [...path, name])
  } else if (written(claimed) !== written(holds)) {
    yield {
      path: path.join('.'),
      claimed: cutText(written(claimed), VALUE_LENGTH),
      holds: cutText(written(holds), VALUE_LENGTH),
    }
  }
}

function written(value: unknown): string {
  return value === undefined ? 'nothing' : canonicalJson(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** For people: what was asked, what the charter has, and which of them holds. */
export function differenceLine({ path, claimed, holds, stands }: ClaimDifference): string {
  if (claimed === '' && holds === '') return path
  return stands === undefined
    ? `${path}: asked for ${claimed}, the worker's charter has ${holds}, which holds`
    : `${path}: this run has its own, ${claimed}; the worker's charter has ${holds}`
}
